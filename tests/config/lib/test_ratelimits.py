"""Rate limits: counted by caller and minute; they never take the platform down."""

import pytest
from django.conf import LazySettings

from config.lib import ratelimits


@pytest.fixture(autouse=True)
def two_a_minute(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RATE_LIMITS = {"test": 2}
    monkeypatch.setattr(ratelimits.time, "time", lambda: 1_000_000_010.0)


def test_third_of_two_is_one_too_many() -> None:
    standings = [ratelimits.take("test", "a") for _ in range(3)]

    assert [standing.remaining for standing in standings] == [1, 0, -1]
    assert [standing.is_exceeded for standing in standings] == [False, False, True]


def test_callers_are_counted_apart() -> None:
    ratelimits.take("test", "a")

    assert ratelimits.take("test", "b").remaining == 1


def test_next_minute_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ratelimits.take("test", "a")
    later = 1_000_000_010.0 + first.resets_in_s
    monkeypatch.setattr(ratelimits.time, "time", lambda: later)

    assert ratelimits.take("test", "a").remaining == 1


def test_headers_tell_limit_rest_and_seconds() -> None:
    headers = ratelimits.Standing(2, -1, 17).headers("test")

    assert headers["RateLimit-Policy"] == '"test";q=2;w=60'
    assert headers["RateLimit"] == '"test";r=0;t=17'


def test_without_redis_nobody_is_refused(settings: LazySettings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    ratelimits._redis.cache_clear()

    standings = [ratelimits.take("test", "a") for _ in range(4)]

    ratelimits._redis.cache_clear()
    assert not any(standing.is_exceeded for standing in standings)
