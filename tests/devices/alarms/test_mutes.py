"""Mute windows by the site's clock: across midnight, on some days, and when clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from devices.alarms.mutes import LONGEST, MuteWindow, muted_until

PARIS = ZoneInfo("Europe/Paris")
NIGHT = MuteWindow.parse({"from": "22:00", "until": "06:00"})


def local(text: str, *, fold: int = 0) -> datetime:
    """Return a moment by the clock in Paris, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-06-01T21:59:59", None),
        ("2026-06-01T22:00:00", "2026-06-02T06:00:00"),
        ("2026-06-02T00:00:00", "2026-06-02T06:00:00"),
        ("2026-06-02T05:59:59", "2026-06-02T06:00:00"),
        ("2026-06-02T06:00:00", None),
    ],
)
def test_night_lasts_across_midnight(now: str, until: str | None) -> None:
    found = muted_until([NIGHT], zone=PARIS, now=local(now))

    assert found == (local(until) if until else None)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 7), ("2026-06-01", 8), ("2026-10-24", 9)]
)
def test_night_is_an_hour_shorter_or_longer_when_clocks_change(day: str, hours: int) -> None:
    begin = local(f"{day}T22:00:00")

    found = muted_until([NIGHT], zone=PARIS, now=begin)

    assert found is not None
    assert found - begin == timedelta(hours=hours)


def test_hour_that_comes_twice_is_muted_twice() -> None:
    window = MuteWindow.parse({"from": "02:00", "until": "02:45"})

    for fold in (0, 1):
        moment = local("2026-10-25T02:30:00", fold=fold)
        assert muted_until([window], zone=PARIS, now=moment) == local("2026-10-25T02:45", fold=1)


def test_hour_that_is_skipped_is_muted_where_it_would_have_been() -> None:
    window = MuteWindow.parse({"from": "02:30", "until": "03:30"})

    assert muted_until([window], zone=PARIS, now=local("2026-03-29T03:29:00")) is None
    assert muted_until([window], zone=PARIS, now=local("2026-03-29T01:59:00")) is None


def test_window_of_some_days_begins_on_those_alone() -> None:
    friday = MuteWindow.parse({"from": "22:00", "until": "06:00", "days": [5]})

    assert muted_until([friday], zone=PARIS, now=local("2026-06-06T01:00:00"))
    assert muted_until([friday], zone=PARIS, now=local("2026-06-06T23:00:00")) is None


def test_windows_that_touch_are_one_silence() -> None:
    morning = MuteWindow.parse({"from": "06:00", "until": "08:00"})

    found = muted_until([NIGHT, morning], zone=PARIS, now=local("2026-06-02T03:00:00"))

    assert found == local("2026-06-02T08:00:00")


def test_rule_that_is_always_mute_says_so_for_a_week() -> None:
    always = MuteWindow.parse({"from": "00:00", "until": "00:00"})
    now = local("2026-06-02T03:00:00")

    found = muted_until([always], zone=PARIS, now=now)

    assert found is not None
    assert LONGEST <= found - now <= LONGEST + timedelta(days=1)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    minutes=some.integers(0, 365 * 1_440),
    since=some.times(),
    until=some.times(),
)
def test_end_of_a_silence_is_later_and_not_silent_itself(
    minutes: int, since: time, until: time
) -> None:
    window, now = MuteWindow(since, until), local("2026-01-01T00:00") + timedelta(minutes=minutes)

    found = muted_until([window], zone=PARIS, now=now)

    assert found is None or found > now
    if found is not None and found - now < LONGEST:
        assert muted_until([window], zone=PARIS, now=found) is None
