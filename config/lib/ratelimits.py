"""Rate limits: so many requests a minute for each caller, told in headers."""

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import redis
import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled
from rest_framework.throttling import BaseThrottle

from config.lib.addresses import address_of

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
    window, passed = divmod(int(time.time()), WINDOW_S)
    key = cache.make_key(f"rate:{policy}:{caller}:{window}")
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, 2 * WINDOW_S)
            count, _ = pipeline.execute()
    except RedisError:
        logger.warning("rate_limit_unavailable", policy=policy)
        count = 1
    return Standing(limit, limit - count, WINDOW_S - passed)


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    # Django's cache would take three round trips for what is one here.
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def count_refused(request: "Request", error: Exception) -> Exception:
    """Count a request without a valid token against its address; return what to answer."""
    standing = take("anonymous", address_of(request))
    request.rate_limit_headers = standing.headers("anonymous")  # type: ignore[attr-defined]
    return Throttled(standing.resets_in_s) if standing.is_exceeded else error


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
