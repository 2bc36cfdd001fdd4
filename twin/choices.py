"""Words that twin stores."""

from django.db.models import TextChoices


class NodeKind(TextChoices):
    """What a node of the graph is."""

    SITE = "site", "Site"
    SPACE = "space", "Space"
    VIEW = "view", "View"
    GATEWAY = "gateway", "Gateway"
    DEVICE = "device", "Device"
    ASSET = "asset", "Asset"


class VersionStatus(TextChoices):
    """The life of a template version; it only ever moves on."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    DEPRECATED = "deprecated", "Deprecated"


class SiteRole(TextChoices):
    """What a member is at a site."""

    OWNER = "owner", "Owner"
    RESIDENT = "resident", "Resident"
    GUEST = "guest", "Guest"


class GrantRole(TextChoices):
    """What a grant on a part of a building lets its party do there."""

    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"


class OccupiedView(TextChoices):
    """The finest that others than its occupants read of a flat for the time it is occupied."""

    NOTHING = "none", "Nothing"
    RAW = "raw", "Every reading"
    QUARTER_HOUR = "15m", "Quarter hours"
    HOUR = "1h", "Hours"
    DAY = "1d", "Days"
    MONTH = "1mo", "Months"

    @property
    def tightness(self) -> int:
        """Return the place in the order from showing all to showing nothing."""
        return ("raw", "15m", "1h", "1d", "1mo", "none").index(self.value)


class PlanStatus(TextChoices):
    """The life of a plan."""

    OPEN = "open", "Open"
    APPLIED = "applied", "Applied"
    UNDONE = "undone", "Undone"
    EXPIRED = "expired", "Expired"


class UpgradeStatus(TextChoices):
    """The life of an upgrade of many sites."""

    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    CANCELLED = "cancelled", "Cancelled"
    STOPPED = "stopped", "Stopped"
    COMPLETED = "completed", "Completed"


class UpgradeItemStatus(TextChoices):
    """How far one site of an upgrade is."""

    WAITING = "waiting", "Waiting"
    PLANNED = "planned", "Planned"
    CONFLICTS = "conflicts", "Conflicts"
    APPLIED = "applied", "Applied"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"
