"""What feeds a metering point and when: its assignments, or those of all its formula counts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from devices.errors import SeriesTooLong
from devices.models import Assignment
from devices.series.plans import TICK, Part
from devices.series.stretches import Stretch, without
from devices.series.sums import ask
from devices.windows import EVER, NEVER

MAX_CLAIMS = 20_000
# Down all formulas: periods cut each other, weights multiply.
CLAIMS = """
WITH RECURSIVE claims(root, id, weight, period, depth) AS (
  SELECT m.id, m.id, 1::float8, tstzrange(NULL, NULL), 0 FROM devices_meteringpoint m
  WHERE m.id = ANY(%(points)s::uuid[])
  UNION ALL
  SELECT c.root, t.source_id, c.weight * t.weight, c.period * t.period, c.depth + 1
  FROM claims c JOIN devices_formulaterm t ON t.metering_point_id = c.id AND t.period && c.period
  WHERE c.depth < 10)
SELECT c.root, c.id, c.weight, lower(c.period), upper(c.period), c.depth > 0
FROM claims c JOIN devices_meteringpoint m ON m.id = c.id
WHERE NOT m.is_virtual ORDER BY c.root, c.id, c.period LIMIT %(limit)s"""


class Claim(NamedTuple):
    """A metering point counts one that is fed (perhaps itself), times a weight, for a time."""

    root: UUID
    source: UUID
    weight: float
    since: datetime
    until: datetime
    is_term: bool


def claims_of(points: Collection[UUID]) -> list[Claim]:
    """Return what each metering point counts, through all formulas; one query.

    Raises: SeriesTooLong.
    """
    rows = ask(CLAIMS, {"points": list(points), "limit": MAX_CLAIMS + 1})
    if len(rows) > MAX_CLAIMS:
        raise SeriesTooLong(limit=MAX_CLAIMS)
    return [
        Claim(root, source, weight, since or EVER, until or NEVER, is_term)
        for root, source, weight, since, until, is_term in rows
    ]


@dataclass(frozen=True, slots=True)
class Feed:
    """An assignment with its times as moments; it is told apart by its id."""

    assignment: Assignment
    since: datetime
    until: datetime

    @property
    def device(self) -> UUID:
        """Return the device that feeds."""
        return self.assignment.point.device_id

    @property
    def width(self) -> float | None:
        """Return where the counter starts again."""
        point = self.assignment.point
        return point.counter_width or point.type.counter_width

    @property
    def floor(self) -> datetime:
        """Return the first moment whose reading counts as the counter's: a counter that was
        written down takes the place of a reading at that moment.
        """
        return self.since if self.assignment.start_counter is None else self.since + TICK

    @property
    def closes(self) -> bool:
        """Say whether a reading at the very end counts."""
        return self.assignment.end_counter is None


def feeds_of(sources: Collection[UUID]) -> Mapping[UUID, list[Feed]]:
    """Return what feeds each metering point, oldest first; one query."""
    rows = Assignment.objects.filter(metering_point__in=list(sources)).select_related(
        "point__type", "point__device"
    )
    found: dict[UUID, list[Feed]] = defaultdict(list)
    for row in rows.order_by("metering_point", "period"):
        until = row.period.upper or NEVER
        found[row.metering_point_id].append(Feed(row, row.period.lower, until))
    return found


@dataclass(frozen=True, slots=True)
class Task:
    """A feed, and the parts of it that are to be read: what several claims share is read once."""

    feed: Feed
    parts: tuple[Part, ...]

    @property
    def key(self) -> tuple[UUID, tuple[Part, ...]]:
        """Return what tells tasks apart."""
        return self.feed.assignment.pk, self.parts


def cut_of(claim: Claim, feed: Feed) -> Stretch:
    """Return the time for which the claim counts the feed; it may be empty."""
    return max(claim.since, feed.since), min(claim.until, feed.until)


def parts_of_feed(
    feed: Feed, cut: Stretch, granted: Iterable[Part], *, closed: Sequence[Stretch]
) -> tuple[Part, ...]:
    """Return what of the feed may be read within the cut, without what is closed.

    A step counts where its later reading is, as everywhere; but none leads from one meter to
    another.
    """
    found: list[Part] = []
    for part in granted:
        since, until = max(part.since, cut[0]), min(part.until, cut[1])
        if since >= until:
            continue
        is_inner = until < part.until
        closes = (feed.closes or until < feed.until) if is_inner else part.closes
        whole = Part(since, until, max(part.floor, feed.floor), closes)
        found += _opened(whole, closed)
    return tuple(found)


def _opened(part: Part, closed: Sequence[Stretch]) -> Iterable[Part]:
    """Yield what is left of a part outside of what is closed."""
    for since, until in without([(part.since, part.until)], closed):
        floor = part.floor if since == part.since else max(part.floor, since)
        closes = part.closes if until == part.until else True
        yield replace(part, since=since, until=until, floor=floor, closes=closes)
