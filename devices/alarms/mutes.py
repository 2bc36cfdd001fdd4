"""Mute windows: when, by the site's clock, no alarm is raised."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ALL_DAYS = frozenset(range(1, 8))
DAY = timedelta(days=1)
# Windows that touch each other are one silence; a rule that is always mute says so for a week.
LONGEST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class MuteWindow:
    """From a local time until another, beginning on some days of the week (1: Monday).

    One that ends before it begins ends on the day after; one whose ends are equal lasts a day.
    """

    since: time
    until: time
    days: frozenset[int] = ALL_DAYS

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> "MuteWindow":
        """Return the window as a rule stores it: ``{"from", "until", "days"}``."""
        days = frozenset(stored.get("days") or ALL_DAYS)
        return cls(time.fromisoformat(stored["from"]), time.fromisoformat(stored["until"]), days)

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the window that begins on that day, in UTC."""
        return local_window(day, self.since, self.until, zone=zone)


def local_window(
    day: date, since: time, until: time, *, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """Return, in UTC, the window that begins on that day by the local clock.

    Where the clock shows an hour twice, the window holds both; an hour that it skips begins when
    it would have begun (PEP 495).
    """
    last_day = day if until > since else day + DAY
    start = datetime.combine(day, since, zone)
    end = datetime.combine(last_day, until, zone).replace(fold=1)
    return start.astimezone(UTC), end.astimezone(UTC)


def muted_until(windows: Iterable[MuteWindow], *, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return when the silence that holds now ends, None if none holds."""
    moment, near = now, list(windows)
    while near and moment - now < LONGEST:
        ends = [end for start, end in _around(near, zone, moment=moment) if start <= moment < end]
        if not ends:
            break
        moment = max(ends)
    return moment if moment > now else None


def _around(
    windows: Iterable[MuteWindow], zone: ZoneInfo, *, moment: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the windows that began today or yesterday."""
    today = moment.astimezone(zone).date()
    for window in windows:
        for day in (today - DAY, today):
            if day.isoweekday() in window.days:
                yield window.on(day, zone)
