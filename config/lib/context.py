"""What every page may say of the platform."""

from django.conf import settings
from django.http import HttpRequest


def platform(request: HttpRequest) -> dict[str, object]:
    """Return which deployment this is, so that nobody takes pre-production for the real one."""
    return {
        "environment": settings.ATRIUM_ENVIRONMENT,
        "registration_open": settings.REGISTRATION_OPEN,
    }
