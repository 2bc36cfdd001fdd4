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
