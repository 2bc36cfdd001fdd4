"""What a rule demands, ready to be used: its limits, clocks and windows."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from devices.alarms.machine import Limits
from devices.alarms.mutes import DAY, MuteWindow, local_window, muted_until
from devices.choices import AlarmCondition
from devices.models import AlarmRule

# Asked of every new reading; asked of the latest one; asked once a day.
BY_READING: Final = frozenset(
    {
        AlarmCondition.ABOVE,
        AlarmCondition.BELOW,
        AlarmCondition.RANGE,
        AlarmCondition.FALLS,
    }
)
BY_DAY: Final = frozenset({AlarmCondition.NIGHT, AlarmCondition.COMPLETENESS})
FED: Final = BY_READING | {AlarmCondition.CONSUMPTION}
# They tell what keeps devices running, as contact does, and nothing of what people do.
OF_CONTACT: Final = frozenset({AlarmCondition.SILENCE, AlarmCondition.COMPLETENESS})
# Their alarms warn of danger to all who see the device, in occupied flats too.
DETECTORS: Final = frozenset({"smoke-detector", "leak-detector"})
DEFAULT_INTERVAL: Final = timedelta(minutes=15)
MIDNIGHT: Final = time(0)


def is_measured(condition: str, category: str) -> bool:
    """Say whether an alarm tells of what was measured, and so perhaps of people's presence."""
    return condition not in OF_CONTACT and category not in DETECTORS


@dataclass(frozen=True, slots=True)
class Window:
    """A night or a day by the site's clock; it is judged at ``judged_at``."""

    start: datetime
    end: datetime
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """A rule as its evaluation reads it."""

    rule: AlarmRule
    limits: Limits
    mutes: tuple[MuteWindow, ...]

    @classmethod
    def of(cls, rule: AlarmRule) -> Self:
        """Return the terms of a rule."""
        waits = rule.condition not in BY_DAY
        limits = Limits(
            rule.condition,
            limit=rule.limit or 0.0,
            low=rule.low if rule.low is not None else 0.0,
            high=rule.high if rule.high is not None else 0.0,
            hysteresis=rule.hysteresis,
            delay=timedelta(seconds=rule.delay_s if waits else 0),
        )
        return cls(rule, limits, tuple(map(MuteWindow.parse, rule.mute)))

    @property
    def period(self) -> timedelta:
        """Return how long silence may last, over what is consumed, or the expected interval."""
        seconds = self.rule.period_s
        return DEFAULT_INTERVAL if seconds is None else timedelta(seconds=seconds)

    def quiet_until(self, zone: ZoneInfo, now: datetime) -> datetime | None:
        """Return when the mute that holds now ends."""
        return muted_until(self.mutes, zone=zone, now=now)

    def oldest(self, now: datetime) -> datetime:
        """Return before when readings came too late to raise anything."""
        return now - timedelta(seconds=self.rule.late_s)

    def last_window(self, zone: ZoneInfo, now: datetime) -> Window:
        """Return the last night or day that can be judged by now; delays are below a day."""
        found = (self._window(zone, now, days_ago=days) for days in (-1, 0, 1, 2, 3))
        return next(one for one in found if one.judged_at <= now)

    def next_window(self, zone: ZoneInfo, now: datetime) -> Window:
        """Return the next night or day that cannot be judged yet."""
        found = (self._window(zone, now, days_ago=days) for days in (3, 2, 1, 0, -1))
        return next(one for one in found if one.judged_at > now)

    def _window(self, zone: ZoneInfo, now: datetime, *, days_ago: int) -> Window:
        day = now.astimezone(zone).date() - days_ago * DAY
        is_night = self.rule.condition == AlarmCondition.NIGHT
        since = self.rule.night_from if is_night and self.rule.night_from else MIDNIGHT
        until = self.rule.night_until if is_night and self.rule.night_until else MIDNIGHT
        start, end = local_window(day, since, until, zone=zone)
        if not is_night:
            # A day ends where the next one begins, also where its midnight comes twice.
            end = datetime.combine(day + DAY, MIDNIGHT, zone).astimezone(UTC)
        return Window(start, end, end + timedelta(seconds=self.rule.delay_s))
