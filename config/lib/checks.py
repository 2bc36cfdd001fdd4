"""System checks: what must never be shipped is an error before the first request.

Ids: E001 a view action without a scope, E002-E009 unsafe settings outside of dev.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver

from config.lib.viewsets import ApiViewSet

MIN_KEY_LENGTH = 32


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern)
        else:
            yield pattern


def api_routes() -> Iterator[tuple[str, type[ApiViewSet], dict[str, str]]]:
    """Yield (route, view class, HTTP method -> action) for every route of the REST API."""
    for pattern in _patterns(get_resolver()):
        kind = getattr(pattern.callback, "cls", None)
        if kind is not None and issubclass(kind, ApiViewSet):
            yield str(pattern.pattern), kind, getattr(pattern.callback, "actions", {})


@register(Tags.security)
def every_action_names_its_scope(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Find the actions that no scope protects (atrium.E001)."""
    return [
        Error(
            f"{kind.__name__}.{action} ({route}) declares no scope.",
            hint=f"Add {action!r} to {kind.__name__}.required_scopes.",
            id="atrium.E001",
        )
        for route, kind, actions in api_routes()
        for action in sorted(set(actions.values()))
        if action not in kind.required_scopes
    ]


def _unsafe() -> Iterator[tuple[str, str, str]]:
    if settings.DEBUG:
        yield "E002", "DEBUG is on.", "Unset DEBUG."
    if len(settings.SECRET_KEY) < MIN_KEY_LENGTH or settings.SECRET_KEY.startswith("dev-only"):
        yield "E003", "SECRET_KEY is missing or weak.", "Set 50 random characters or more."
    keys = settings.FIELD_ENCRYPTION_KEYS
    if not keys or any(len(key) < MIN_KEY_LENGTH for key in keys):
        yield "E004", "FIELD_ENCRYPTION_KEYS is missing or weak.", "Set 32 characters or more each."
    if not settings.PUBLIC_URL.startswith("https://"):
        yield "E005", "PUBLIC_URL is not https.", "Set the address that the world uses."
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield "E006", "ALLOWED_HOSTS is empty or open.", "Name the hosts that serve Atrium."
    if not settings.SMARTME_API_URL.startswith("https://"):
        yield "E007", "SMARTME_API_URL is not https.", "Unset it, or use an https address."


def _unsafe_in_production() -> Iterator[tuple[str, str, str]]:
    if "smtp" not in str(settings.EMAIL_BACKEND):
        yield "E008", "EMAIL_URL sends no letters.", "Set smtp+tls://user:password@host:587."
    if not settings.STAFF_SECOND_FACTOR:
        yield "E009", "STAFF_SECOND_FACTOR is off.", "Unset it: staff need a second factor."


@register(Tags.security)
def settings_are_safe_outside_dev(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse settings that may serve a developer but not the world (atrium.E002 to E009)."""
    if settings.IS_DEV:
        return []
    found = list(_unsafe())
    if settings.ATRIUM_ENVIRONMENT == "prod":
        found += _unsafe_in_production()
    return [Error(text, hint=hint, id=f"atrium.{number}") for number, text, hint in found]
