"""What of a metering point's feeds may be read: as their devices' series, and sums only whole.

Source: docs/metering.md, "Who may read what".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from accounts.choices import Resolution
from accounts.principals import Principal
from devices.errors import PartsNotReadable
from devices.metering.feeds import Claim, Feed, Task, cut_of, parts_of_feed
from devices.series.answers import Range, parts_of
from devices.series.buckets import LEVELS, after, floor
from devices.series.plans import WHOLE, Part
from devices.series.stretches import Stretch, merged, within, without
from devices.series.sums import ask
from devices.series_access import series_access_of_all
from devices.windows import EVER, NEVER, SeriesAccess

# Whether the device's counter goes on beyond the border within the bucket.
BEYOND = """
SELECT u.border FROM unnest(%(points)s::bigint[], %(lows)s::timestamptz[],
  %(highs)s::timestamptz[]) WITH ORDINALITY AS u(point_id, low, high, border)
WHERE EXISTS (SELECT FROM devices_reading r
  WHERE r.point_id = u.point_id AND r.time > u.low AND r.time < u.high)"""


class Border(NamedTuple):
    """A moment that cuts a bucket of which only the whole is granted; ``low`` to ``high`` is the
    other side of it, None where it is no matter what lies there.
    """

    device: UUID
    point: int
    bucket: Stretch
    low: datetime | None
    high: datetime | None


@dataclass(slots=True)
class Rights:
    """What a principal may read of feeds; without a principal everything."""

    accesses: Mapping[UUID, SeriesAccess] | None = None
    closed: Mapping[UUID, list[Stretch]] = field(default_factory=dict)

    @classmethod
    def of(cls, principal: Principal | None, pairs: Sequence[tuple[Claim, Feed]]) -> "Rights":
        """Return the rights to the feeds as the claims count them; three queries and the reach."""
        if principal is None:
            return cls()
        devices = {feed.device: feed.assignment.point.device for _, feed in pairs}
        rights = cls(series_access_of_all(devices.values(), principal))
        rights.closed = _closed(border for pair in pairs for border in rights._borders(*pair))
        return rights

    def _borders(self, claim: Claim, feed: Feed) -> Iterable[Border]:
        """Yield where a feed or term begins or ends within a bucket granted only as a whole: cut
        there, it would tell finer values.
        """
        access = (self.accesses or {})[feed.device]
        for moment, own, is_end in (
            (feed.since, True, False),
            (feed.until, True, True),
            (claim.since, False, False),
            (claim.until, False, True),
        ):
            for window in access.windows:
                is_cut = window.since < moment < window.until
                if not is_cut or window.resolution is Resolution.RAW or moment in {EVER, NEVER}:
                    continue
                level = LEVELS[window.resolution]
                since = floor(level, moment, access.zone)
                bucket = (since, after(level, since, access.zone))
                if since != moment:
                    yield _border(feed, bucket, moment if own else None, is_end=is_end)

    def granted(self, feed: Feed, asked: Range, cut: Stretch) -> Sequence[Part]:
        """Return the parts of a device's series that may be summed up so.

        Raises: ResolutionNotGranted.
        """
        if self.accesses is None:
            return WHOLE
        since, until = max(asked.start, cut[0]), min(asked.end, cut[1])
        return parts_of(self.accesses[feed.device], replace(asked, start=since, end=until))


def _border(feed: Feed, bucket: Stretch, moment: datetime | None, *, is_end: bool) -> Border:
    low, high = (moment, bucket[1]) if is_end else (bucket[0], moment)
    if moment is None:
        low = high = None
    return Border(feed.device, feed.assignment.point_id, bucket, low, high)


def _closed(borders: Iterable[Border]) -> dict[UUID, list[Stretch]]:
    """Return the buckets of each device that stay closed: a meter that was really taken out or put
    in has no readings on the other side.
    """
    found: dict[UUID, list[Stretch]] = {}
    asked: list[Border] = []
    for border in borders:
        if border.low is None:
            found.setdefault(border.device, []).append(border.bucket)
        else:
            asked.append(border)
    if asked:
        columns = {
            "points": [one.point for one in asked],
            "lows": [one.low for one in asked],
            "highs": [one.high for one in asked],
        }
        for (number,) in ask(BEYOND, columns):
            border = asked[number - 1]
            found.setdefault(border.device, []).append(border.bucket)
    return {device: merged(stretches) for device, stretches in found.items()}


def tasks_of(
    pairs: Sequence[tuple[Claim, Feed]], rights: Rights, *, asked: Range
) -> list[tuple[Claim, Task]]:
    """Return what to read for one metering point.

    A virtual one is told only of times of which all its parts may be read. Raises:
    ResolutionNotGranted; PartsNotReadable, if there is a part of which nothing may be read.
    """
    found, denied, hidden = [], list[Stretch](), 0
    for claim, feed in pairs:
        cut = cut_of(claim, feed)
        if not _touches(cut, asked):
            continue
        granted = rights.granted(feed, asked, cut)
        closed = rights.closed.get(feed.device, [])
        parts = parts_of_feed(feed, cut, granted, closed=closed)
        if claim.is_term:
            missing = without([cut], [(one.since, one.until) for one in parts])
            denied += missing
            hidden += not granted
        found.append((claim, feed, cut, granted, closed))
    if hidden:
        raise PartsNotReadable(parts=hidden)
    return [
        (claim, Task(feed, parts))
        for claim, feed, cut, granted, closed in found
        if (parts := parts_of_feed(feed, cut, granted, closed=merged([*closed, *denied])))
    ]


def _span(asked: Range) -> Stretch:
    question = asked.question
    zone = asked.zone
    if zone is None or question.start >= question.end:
        return question.start, question.end
    since = floor(asked.level, question.start, zone)
    last = floor(asked.level, question.end, zone)
    return since, last if last == question.end else after(asked.level, last, zone)


def _touches(cut: Stretch, asked: Range) -> bool:
    """Say whether the cut lies in one of the buckets that the range touches."""
    return bool(within([cut], [_span(asked)]))


def open_times(
    pairs: Sequence[tuple[Claim, Feed]], rights: Rights, *, interval: str
) -> list[Stretch]:
    """Return when whole buckets of the interval may be read, of all that is counted."""
    denied: list[Stretch] = []
    for claim, feed in pairs:
        windows = (rights.accesses or {})[feed.device].windows
        asked = Resolution(interval)
        granted = [(w.since, w.until) for w in windows if w.resolution.allows(asked)]
        denied += without([cut_of(claim, feed)], granted)
        denied += rights.closed.get(feed.device, [])
    return without([(EVER, NEVER)], merged(denied))
