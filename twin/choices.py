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
