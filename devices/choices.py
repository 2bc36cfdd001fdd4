"""Words and numbers that devices stores."""

from django.db.models import IntegerChoices, TextChoices


class PointKind(TextChoices):
    """What a point is for."""

    MEASUREMENT = "measurement", "Measurement"
    STATUS = "status", "Status"
    CONFIGURATION = "configuration", "Configuration"


class ValueType(TextChoices):
    """What the values of a point are."""

    NUMBER = "number", "Number"
    BOOLEAN = "boolean", "Yes or no"
    ENUM = "enum", "One of a list"
    TEXT = "text", "Text"


class Nature(TextChoices):
    """How a number moves: up and down, or only up until it is reset."""

    GAUGE = "gauge", "Gauge"
    COUNTER = "counter", "Counter"


class AssetRole(TextChoices):
    """What a declared asset will be."""

    DEVICE = "device", "Device"
    GATEWAY = "gateway", "Gateway"


class AssetStatus(TextChoices):
    """Where an asset is in its life."""

    DECLARED = "declared", "Declared"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    RETIRED = "retired", "Retired"


class ContactStatus(TextChoices):
    """Whether a device or gateway is heard of."""

    UNKNOWN = "unknown", "Unknown"
    ONLINE = "online", "Online"
    OFFLINE = "offline", "Offline"


class Quality(IntegerChoices):
    """How far a value may be trusted; stored as a number beside each reading."""

    GOOD = 0, "good"
    ESTIMATED = 1, "estimated"
    SUSPECT = 2, "suspect"
