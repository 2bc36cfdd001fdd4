"""Words that integrations stores."""

from django.db.models import TextChoices


class AuthMethod(TextChoices):
    """How a connection gets into the smart-me cloud."""

    API_KEY = "api_key", "API key"
    OAUTH = "oauth", "OAuth 2.0 access token"
    CARD = "card", "Card access token"
    BASIC = "basic", "User name and password (deprecated by smart-me)"


class ConnectionStatus(TextChoices):
    """How a connection is doing; it speaks of the account, not of single meters."""

    PENDING = "pending", "Waiting for the first sync"
    OK = "ok", "Working"
    DEGRADED = "degraded", "Troubled, tries again by itself"
    FAILED = "failed", "Needs somebody to act"
    PAUSED = "paused", "Paused"


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
