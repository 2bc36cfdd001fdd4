"""Words that integrations stores."""

from typing import Final

from django.db.models import TextChoices

# Events that tell when something was measured or done, and so of the presence of people: seen like
# every single reading. Source: docs/access.md, "Events".
MEASURED_EVENTS: Final = (
    "device.state.changed",
    "device.online",
    "readings.recorded",
    "readings.restated",
    "command.updated",
)
# Events of alarms; some of these tell of what was measured, and say so (``is_measured``).
ALARM_EVENTS: Final = ("alarm.raised", "alarm.acknowledged", "alarm.escalated", "alarm.cleared")
# Events that tell who has access: seen like members and occupancies, not by a grant.
ACCESS_EVENTS: Final = (
    "occupancy.started",
    "occupancy.ended",
    "site.member.added",
    "site.member.removed",
)


class AuthMethod(TextChoices):
    """How a connection gets into the smart-me cloud."""

    API_KEY = "api_key", "API key"
    OAUTH = "oauth", "OAuth 2.0"
    CARD = "card", "Card access token"
    BASIC = "basic", "User name and password (deprecated by smart-me)"


class OAuthGrant(TextChoices):
    """How a connection with OAuth 2.0 comes by its access token."""

    ACCESS_TOKEN = "access_token", "A token stored as it is; it ends within the hour"
    AUTHORIZATION_CODE = "authorization_code", "Allowed by a person in the browser"
    DEVICE_CODE = "device_code", "Allowed by a person on another machine"
    CLIENT_CREDENTIALS = "client_credentials", "The account's own device app"


# Those in which a person is asked.
ASKED_GRANTS: Final = [
    (grant.value, grant.label) for grant in (OAuthGrant.AUTHORIZATION_CODE, OAuthGrant.DEVICE_CODE)
]


class Licence(TextChoices):
    """The licence of the account at smart-me, which is that of its lowest meter."""

    UNKNOWN = "unknown", "Not known"
    BASIC = "basic", "Basic: a value in 15 minutes"
    LIMITED = "limited", "Limited: a value a minute"
    PROFESSIONAL = "professional", "Professional: a value a second"


class AuthorizationOutcome(TextChoices):
    """How far somebody has come in allowing Atrium to read an account."""

    WAITING = "waiting", "Waiting for the person"
    EXCHANGING = "exchanging", "Allowed, being settled"
    GRANTED = "granted", "Allowed"
    REFUSED = "refused", "Refused by the person"
    EXPIRED = "expired", "Not answered in time"
    FAILED = "failed", "Failed"


class ConnectionStatus(TextChoices):
    """How a connection is doing; it speaks of the account, not of single meters."""

    PENDING = "pending", "Waiting for the first sync"
    OK = "ok", "Working"
    DEGRADED = "degraded", "Troubled, tries again by itself"
    FAILED = "failed", "Needs somebody to act"
    PAUSED = "paused", "Paused"


class RealtimeStatus(TextChoices):
    """How a connection's realtime stands at the smart-me cloud."""

    OFF = "off", "Off"
    PENDING = "pending", "Being registered"
    LISTENING = "listening", "Registered"
    TROUBLED = "troubled", "Not registered; polling goes on"


class SyncTrigger(TextChoices):
    """What made a sync run."""

    SCHEDULE = "schedule", "Schedule"
    REQUEST = "request", "On request"


class SyncOutcome(TextChoices):
    """How a sync ended."""

    RUNNING = "running", "Running"
    OK = "ok", "Done"
    DEGRADED = "degraded", "Passing fault"
    FAILED = "failed", "Somebody must act"
    ABANDONED = "abandoned", "Broken off; a later run took over"


class BackfillCause(TextChoices):
    """Why a piece of the past is fetched."""

    CONNECT = "connect", "The meter is new here"
    GAP = "gap", "The account could not be read meanwhile"
    REQUEST = "request", "On request"


class BackfillMethod(TextChoices):
    """How densely a piece of the past is fetched."""

    DENSE = "dense", "A value in 15 minutes"
    MONTHLY = "monthly", "The counters at the turn of each month"


class BackfillStatus(TextChoices):
    """How far a piece of the past has come."""

    WAITING = "waiting", "Under way"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
