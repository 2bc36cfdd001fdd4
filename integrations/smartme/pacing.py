"""How fast an account at smart-me may be asked: a token bucket shared by all workers.

The bucket lives in Redis. While Redis is away each process keeps a bucket of its own, of half the
size: several processes then ask somewhat more than one would, and never without end.

Source: docs/integrations/smart-me.md, "Pace".
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import redis
import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from integrations.choices import Licence

logger = structlog.get_logger(__name__)
# After Redis was away it is left alone for a while, so that no call waits for it.
AWAY_S: Final = 5.0
ANSWER_S: Final = 0.5
MAX_BUCKETS: Final = 10_000

TAKE: Final = """
local rate, capacity, reserve = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(held[1]) or capacity, tonumber(held[2]) or now
tokens = math.min(capacity, tokens + math.max(0, now - at) * rate)
local wait = 0
if tokens >= 1 + reserve then
    tokens = tokens - 1
else
    wait = (1 + reserve - tokens) / rate
end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / rate * 1000) + 1000)
return tostring(wait)
"""


@dataclass(frozen=True)
class Pace:
    """So many calls a minute, and so many at once."""

    per_minute: float
    burst: int

    @property
    def per_second(self) -> float:
        """The rate at which the bucket fills."""
        return self.per_minute / 60.0

    def halved(self) -> Pace:
        """Return the pace of a process that cannot see the others."""
        return Pace(self.per_minute / 2, max(self.burst // 2, 1))


# A Basic account has a new value in 15 minutes: asking each minute would only repeat it.
SLOWEST_S: Final[dict[str, int]] = {Licence.BASIC: 300}


def pace_of(licence: str) -> Pace:
    """Return how fast an account of that licence may be asked."""
    return Pace(*settings.SMARTME_PACES[licence])


class LocalBuckets:
    """Buckets of this process alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[UUID, tuple[float, float]] = {}

    def take(self, account: UUID, pace: Pace, *, reserve: int) -> float:
        """Take a token, or return the seconds until there is one."""
        now = time.monotonic()
        with self._lock:
            if len(self._held) >= MAX_BUCKETS:
                self._held.clear()
            tokens, at = self._held.get(account, (float(pace.burst), now))
            tokens = min(pace.burst, tokens + (now - at) * pace.per_second)
            kept = min(reserve, pace.burst - 1)
            wait_s = 0.0 if tokens >= 1 + kept else (1 + kept - tokens) / pace.per_second
            self._held[account] = (tokens - 1 if not wait_s else tokens, now)
        return wait_s


class Pacer:
    """Gives out the right to make a call."""

    def __init__(self) -> None:
        self._local = LocalBuckets()
        self._away_until = 0.0

    def take(self, account: UUID, *, licence: str, reserve: int = 0) -> float:
        """Take the right to make one call, or return the seconds until there is one.

        Args: ``reserve`` is what must be left for others that matter more.
        """
        pace = pace_of(licence)
        if time.monotonic() >= self._away_until:
            try:
                return self._shared(account, pace, reserve=reserve)
            except RedisError as error:
                self._away_until = time.monotonic() + AWAY_S
                logger.warning("smartme_pace_unshared", error=type(error).__name__)
        return self._local.take(account, pace.halved(), reserve=reserve)

    def _shared(self, account: UUID, pace: Pace, *, reserve: int) -> float:
        script: Any = _script(settings.REDIS_URL)
        given = [pace.per_second, pace.burst, min(reserve, pace.burst - 1)]
        return float(script(keys=[cache.make_key(f"smartme:pace:{account}")], args=given))


@lru_cache(maxsize=2)
def _script(url: str) -> Any:
    client = redis.Redis.from_url(url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S)
    return client.register_script(TAKE)


PACER: Final = Pacer()
