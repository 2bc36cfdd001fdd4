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


class Aggregate(TextChoices):
    """What the readings of a bucket come to: consumption of a counter, values of a gauge, or how
    long each value of a state held.
    """

    DELTA = "delta", "Consumption"
    MEAN = "mean", "Mean"
    MIN = "min", "Least"
    MAX = "max", "Greatest"
    LAST = "last", "Last"
    SHARE = "share", "Share of the time"
    DURATION = "duration", "Seconds"


class Medium(TextChoices):
    """What flows at a metering point."""

    ELECTRICITY = "electricity", "Electricity"
    GAS = "gas", "Gas"
    WATER = "water", "Water"
    COLD_WATER = "cold_water", "Cold water"
    HOT_WATER = "hot_water", "Hot water"
    HEAT = "heat", "Heat"
    COOLING = "cooling", "Cooling"
    OTHER = "other", "Other"


class FlowDirection(TextChoices):
    """Which way it flows, seen from the one who is billed."""

    IMPORT = "import", "Import"
    EXPORT = "export", "Export"


class RestatementReason(TextChoices):
    """Why what was closed is another one now."""

    READINGS = "readings", "Readings came late, changed or went"
    ASSIGNMENT = "assignment", "What feeds it changed"
    FORMULA = "formula", "Its formula changed"
    PART = "part", "A part of its sum changed"


class ImportMode(TextChoices):
    """What one bad row costs: the whole file, or itself and what stands below it."""

    ALL = "all", "All or nothing"
    ROWS = "rows", "Row by row"


class ImportStatus(TextChoices):
    """Where a bulk import stands."""

    CHECKING = "checking", "Being checked"
    CHECKED = "checked", "Checked"
    APPLYING = "applying", "Being applied"
    APPLIED = "applied", "Applied"


class ImportRowStatus(TextChoices):
    """What became, or would become, of a row of an import."""

    PENDING = "pending", "Not looked at yet"
    READY = "ready", "Can be applied"
    REFUSED = "refused", "Refused"
    DONE = "done", "Done"


class AlarmScope(TextChoices):
    """What a rule watches over."""

    DEVICE = "device", "A device"
    SPACE = "space", "A space and all below it"
    VIEW = "view", "A view"
    SITE = "site", "A site"
    FLEET = "fleet", "A fleet"


class AlarmCondition(TextChoices):
    """What has to be so for an alarm."""

    ABOVE = "above", "Above a limit"
    BELOW = "below", "Below a limit"
    RANGE = "range", "Outside of a range"
    FALLS = "falls", "A counter falls"
    CONSUMPTION = "consumption", "Too much consumed in a time"
    NIGHT = "night", "Consumption at night"
    SILENCE = "silence", "Nothing heard"
    COMPLETENESS = "completeness", "Readings missing over a day"


class Severity(TextChoices):
    """How much an alarm matters."""

    INFO = "info", "Information"
    WARNING = "warning", "Warning"
    CRITICAL = "critical", "Critical"


class AlarmStatus(TextChoices):
    """Where an alarm is in its life."""

    RAISED = "raised", "Raised"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    CLEARED = "cleared", "Cleared"


class ClearReason(TextChoices):
    """Why an alarm is over."""

    RECOVERED = "recovered", "The condition is over"
    RULE_CHANGED = "rule_changed", "The rule was changed, disabled or deleted"
    OUT_OF_SCOPE = "out_of_scope", "The rule is not about it any more"


class WatchPhase(IntegerChoices):
    """Where a rule stands with one device or point."""

    CALM = 0, "calm"
    PENDING = 1, "pending"
    RAISED = 2, "raised"
    FOLDED = 3, "folded into the gateway's alarm"


class CommandStatus(TextChoices):
    """Where a command stands; it only ever moves forward."""

    AWAITING_APPROVAL = "awaiting-approval", "Waits for a second person"
    QUEUED = "queued", "Queued"
    SENT = "sent", "Sent"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    EXPIRED = "expired", "Expired"
    CANCELLED = "cancelled", "Cancelled"


OPEN_COMMANDS = (
    CommandStatus.AWAITING_APPROVAL,
    CommandStatus.QUEUED,
    CommandStatus.SENT,
    CommandStatus.ACKNOWLEDGED,
)


class BatchStatus(TextChoices):
    """Where a batch of commands stands."""

    RUNNING = "running", "Running"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped by its error rate"
    CANCELLED = "cancelled", "Cancelled"
