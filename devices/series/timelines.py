"""By whose clock a device's hours, days and months are: its site's, else its organisation's."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from devices.series.buckets import Level, ceiling, floor
from devices.windows import EVER, NEVER

UTC_ZONE = ZoneInfo("UTC")
PLACES = """
SELECT d.id, o.time_zone, lower(p.period), upper(p.period), t.time_zone
FROM devices_device d
LEFT JOIN accounts_organisation o ON o.id = d.organisation_id
LEFT JOIN devices_placement p ON p.device_id = d.id
LEFT JOIN twin_site t ON t.id = p.site_id
WHERE d.id = ANY(%s::uuid[]) ORDER BY d.id, p.period"""


class Segment(NamedTuple):
    """A time during which one clock holds; its borders are borders of quarter hours."""

    since: datetime
    until: datetime
    zone: ZoneInfo


@dataclass(frozen=True)
class Timeline:
    """Which clock holds when: segments without a hole, from ever to never."""

    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, zone: ZoneInfo) -> "Timeline":
        """Return the timeline of a single clock."""
        return _single(zone)

    @cached_property
    def key(self) -> str:
        """Return a text that is another one when the buckets would be others."""
        return ">".join(
            f"{one.since:%Y%m%d%H%M}{one.zone.key}" if one.since != EVER else one.zone.key
            for one in self.segments
        )

    def zone_at(self, moment: datetime) -> ZoneInfo:
        """Return the clock that holds at the moment."""
        if len(self.segments) == 1:
            return self.segments[0].zone
        return next(one.zone for one in self.segments if one.since <= moment < one.until)

    def cover(self, level: Level, since: datetime, until: datetime) -> tuple[datetime, datetime]:
        """Return the time of all buckets that the range touches, each of them wholly."""
        first = floor(level, since, self.zone_at(since))
        while (earlier := floor(level, first, self.zone_at(first))) < first:
            first = earlier
        last = ceiling(level, until, zone=self.zone_at(until))
        while (later := ceiling(level, last, zone=self.zone_at(last))) > last:
            last = later
        return first, last

    def cut(self, since: datetime, until: datetime) -> Iterable[tuple[datetime, datetime, str]]:
        """Yield the range in parts of one clock each, with its name."""
        for one in self.segments:
            if one.since < until and one.until > since:
                yield max(one.since, since), min(one.until, until), one.zone.key


@lru_cache(maxsize=1024)
def _single(zone: ZoneInfo) -> Timeline:
    return Timeline((Segment(EVER, NEVER, zone),))


def _made_of(home: str, stays: list[tuple[datetime, datetime | None, str | None]]) -> Timeline:
    """Return the timeline of a device; before it was first placed it counts as standing there."""
    zones = {zone or home for _, _, zone in stays}
    is_always_placed = all(one[1] == other[0] for one, other in pairwise(stays))
    if stays and len(zones) == 1 and (zones == {home} or (is_always_placed and not stays[-1][1])):
        return Timeline.of(ZoneInfo(zones.pop()))
    if not stays:
        return Timeline.of(ZoneInfo(home))
    changes: list[tuple[datetime, str]] = [(EVER, stays[0][2] or home)]
    for since, until, zone in stays:
        changes.append((since, zone or home))
        changes.append((until or NEVER, home))
    return Timeline(tuple(_segments(changes)))


def _segments(changes: list[tuple[datetime, str]]) -> Iterable[Segment]:
    """Yield what the changes come to, each moved to the end of its quarter hour."""
    since, zone = EVER, changes[0][1]
    rounded = [(_rounded(moment), name) for moment, name in changes]
    for place, (moment, name) in enumerate(rounded):
        is_last_of_moment = place + 1 == len(rounded) or rounded[place + 1][0] != moment
        if not is_last_of_moment or name == zone or moment in {EVER, NEVER}:
            continue
        yield Segment(since, moment, ZoneInfo(zone))
        since, zone = moment, name
    yield Segment(since, NEVER, ZoneInfo(zone))


def _rounded(moment: datetime) -> datetime:
    if moment in {EVER, NEVER}:
        return moment
    return ceiling(Level.QUARTER, moment.astimezone(UTC), zone=UTC_ZONE)


def timelines_of(devices: Collection[UUID]) -> Mapping[UUID, Timeline]:
    """Return the clocks of each device; one query."""
    homes: dict[UUID, str] = {}
    stays: dict[UUID, list[tuple[datetime, datetime | None, str | None]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(PLACES, [list(devices)])
        for device, home, since, until, zone in cursor.fetchall():
            homes[device] = home or "UTC"
            if since is not None:
                stays[device].append((since, until, zone))
    return {device: _made_of(home, stays[device]) for device, home in homes.items()}
