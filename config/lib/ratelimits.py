"""Rate limits: so many requests a minute for each caller, told in headers."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


WINDOW_S = 60
logger = structlog.get_logger(__name__)


class Standing(NamedTuple):
    """Where a caller stands in the window: the limit, what remains, seconds until it ends."""

    limit: int
    remaining: int
    resets_in_s: int

    @property
    def is_exceeded(self) -> bool:
        """Say whether this request is one too many."""
        return self.remaining < 0

    def headers(self, policy: str) -> dict[str, str]:
        """Return both header fields. Source: IETF draft ratelimit-headers, section 4."""
        return {
            "RateLimit-Policy": f'"{policy}";q={self.limit};w={WINDOW_S}',
            "RateLimit": f'"{policy}";r={max(0, self.remaining)};t={self.resets_in_s}',
        }


def take(policy: str, caller: object) -> Standing:
    """Count one request of the caller and say where they stand.

    Without Redis nobody is refused: a limit protects the platform, it must not take it down.
    """
    limit = settings.RATE_LIMITS[policy]
    now = time.time()
    window, passed = divmod(int(now), WINDOW_S)
    key = f"rate:{policy}:{caller}:{window}"
    try:
        cache.add(key, 0, timeout=2 * WINDOW_S)
        count = cache.incr(key)
    except (RedisError, ValueError, OSError):
        logger.warning("rate_limit_unavailable", policy=policy)
        count = 1
    return Standing(limit, limit - count, WINDOW_S - passed)


def address_of(request: "HttpRequest | Request") -> str:
    """Return the address that the web server saw."""
    return str(request.META.get("REMOTE_ADDR", ""))


class RequestRateLimit(BaseThrottle):
    """The limit of API requests: per application or user, per address for the anonymous."""

    standing: Standing

    def allow_request(self, request: "Request", view: "APIView") -> bool:
        """Count the request; the headers go out with every answer, refused or not."""
        principal: Any = request.auth
        policy, caller = (
            ("principal", principal.identity) if principal else ("anonymous", address_of(request))
        )
        self.standing = take(policy, caller)
        headers: Mapping[str, str] = self.standing.headers(policy)
        request.rate_limit_headers = headers  # type: ignore[attr-defined]
        return not self.standing.is_exceeded

    def wait(self) -> float:
        """Return the seconds until the caller may ask again."""
        return float(self.standing.resets_in_s)
