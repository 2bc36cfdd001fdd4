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
