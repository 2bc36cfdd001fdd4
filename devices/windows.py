"""When whose series of a device may be read, and how finely: pure, from rights and history.

One rule decides: a reading belongs to the place where its device stood at its time, and who has a
right to that place may read it. Source: docs/access.md, "Series".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.choices import Resolution
from accounts.principals import ConsentTerms
from devices.errors import ResolutionNotGranted
from twin.models.reach import Reach
from twin.rights import Level, Place, Right, Way

EVER = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


class View(NamedTuple):
    """What keepers read of occupied flats until a time, beyond the views before it."""

    until: datetime
    finest: Resolution | None


@dataclass(frozen=True, slots=True)
class Stay:
    """A device stood at a place for a time; ``views`` are that site's policies: what others than
    its occupants read of a flat while it is occupied, until when (None: no series at all).

    ``is_lost`` where the space has gone, and with it who lived there: it counts as occupied.
    """

    place: Place
    since: datetime = EVER
    until: datetime = NEVER
    views: tuple[View, ...] = ()
    is_lost: bool = False

    def view_at(self, moment: datetime) -> Resolution | None:
        """Return the policy that counts of a moment."""
        found = next((one for one in self.views if moment < one.until), None)
        return found.finest if found else None


@dataclass(frozen=True, slots=True)
class Lived:
    """Somebody lived in a space for a time."""

    space: UUID
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class History:
    """A device, where it stood (without overlap), who lived there meanwhile, and the gateway that
    it is behind now.
    """

    device: UUID
    organisation: UUID | None
    stays: Sequence[Stay]
    lived: Sequence[Lived]
    gateway: UUID | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """From ``since`` until before ``until``, series no finer than ``resolution`` may be read."""

    since: datetime
    until: datetime
    resolution: Resolution


def windows_of(
    history: History, *, reach: Reach, terms: ConsentTerms | None = None
) -> tuple[Window, ...]:
    """Return when and how finely the device's series may be read, oldest first, none touching one
    of the same resolution.
    """
    found: list[Window] = []
    bounds = _bounds(history, reach, terms=terms)
    for since, until in pairwise(bounds):
        resolution = _finest_at(since, history, reach=reach, terms=terms)
        if resolution is None:
            continue
        if found and (found[-1].until, found[-1].resolution) == (since, resolution):
            found.append(Window(found.pop().since, until, resolution))
            continue
        found.append(Window(since, until, resolution))
    return tuple(found)


def _bounds(history: History, reach: Reach, *, terms: ConsentTerms | None) -> list[datetime]:
    """Return every moment at which the answer may change."""
    bounds = {EVER, NEVER}
    bounds |= {moment for stay in history.stays for moment in (stay.since, stay.until)}
    bounds |= {moment for lived in history.lived for moment in (lived.since, lived.until)}
    bounds |= {view.until for stay in history.stays for view in stay.views}
    for right in reach.rights:
        bounds |= {right.since or EVER, right.until or NEVER}
    if terms and terms.history_from:
        bounds.add(terms.history_from)
    return sorted(bounds)


def _finest_at(
    moment: datetime, history: History, *, reach: Reach, terms: ConsentTerms | None
) -> Resolution | None:
    """Return the finest resolution that may be read of that moment, None if nothing may."""
    stay = next((one for one in history.stays if one.since <= moment < one.until), None)
    stay = stay or Stay(Place(history.organisation, gateway=history.gateway))
    if reach.cut is not None and not _is_within(reach, stay.place, device=history.device):
        return None
    is_closed = stay.is_lost or _is_lived_in(history, stay.place, moment=moment)
    view = stay.view_at(moment) if is_closed else Resolution.RAW
    by_right = (
        _by_right(right, stay.place, moment=moment, history=history, view=view)
        for right in reach.rights
    )
    finest = min(filter(None, by_right), key=lambda one: one.rank, default=None)
    if terms is None or finest is None:
        return finest
    if terms.history_from and moment < terms.history_from:
        return None
    return max(finest, terms.resolution, key=lambda one: one.rank)


def _by_right(
    right: Right, place: Place, *, moment: datetime, history: History, view: Resolution | None
) -> Resolution | None:
    """Return what one right opens of a moment: one's own flat wholly, all else by ``view``."""
    if right.level < Level.SEE or not right.area.covers(place, history.device):
        return None
    if right.way is Way.OCCUPANCY:
        is_own = (right.since or EVER) <= moment < (right.until or NEVER)
        return Resolution.RAW if is_own else None
    return view


def _is_within(reach: Reach, place: Place, *, device: UUID) -> bool:
    return any(area.covers(place, device) for area in reach.cut or ())


def _is_lived_in(history: History, place: Place, *, moment: datetime) -> bool:
    return any(
        one.space in place.spaces and one.since <= moment < one.until for one in history.lived
    )


@dataclass(frozen=True, slots=True)
class SeriesAccess:
    """What may be read of one device's series, ready to be asked."""

    windows: tuple[Window, ...]
    zone: ZoneInfo

    def spans(
        self, start: datetime, end: datetime, *, interval: str, now: datetime
    ) -> list[tuple[datetime, datetime]]:
        """Return the parts of the range that may be read at that interval, oldest first.

        What lies outside every window is left out. A bucket at the edge of a part is summed from
        inside the part alone; where only buckets are granted, the running one is left out, since
        its growth would tell finer values. Raises: ResolutionNotGranted, if a part of the range is
        granted only more coarsely.
        """
        inside = self._inside(start, end)
        self._refuse([one for one in inside if not one.resolution.allows(Resolution(interval))])
        return list(_joined(self._limits(one, start, end=end, now=now) for one in inside))

    def sums(
        self, start: datetime, end: datetime, *, interval: str, now: datetime
    ) -> list[tuple[datetime, datetime]]:
        """Return all times whose readings may be summed up at that interval, oldest first.

        They are not cut to the range: its borders would cut sums finer than granted. Raises:
        ResolutionNotGranted, if a part of the range is granted only more coarsely.
        """
        asked = Resolution(interval)
        inside = self._inside(start, end)
        self._refuse([one for one in inside if not one.resolution.allows(asked)])
        granted = [one for one in self.windows if one.resolution.allows(asked)]
        return list(_joined(self._limits(one, EVER, end=NEVER, now=now) for one in granted))

    def check_clock(self, zone: ZoneInfo, start: datetime, end: datetime) -> None:
        """Refuse sums by another clock where days or months by the site's clock are granted: the
        difference of both would tell finer values. Raises: ResolutionNotGranted.
        """
        bound = {Resolution.HOUR, Resolution.DAY, Resolution.MONTH}
        if zone != self.zone:
            self._refuse([one for one in self._inside(start, end) if one.resolution in bound])

    def _inside(self, start: datetime, end: datetime) -> list[Window]:
        return [one for one in self.windows if one.since < end and one.until > start]

    @staticmethod
    def _refuse(coarse: Sequence[Window]) -> None:
        if coarse:
            raise ResolutionNotGranted(
                granted=max((one.resolution for one in coarse), key=lambda one: one.rank).value,
                windows=[_shown(one) for one in coarse],
            )

    def _limits(
        self, window: Window, start: datetime, *, end: datetime, now: datetime
    ) -> tuple[datetime, datetime]:
        until = min(window.until, end)
        if window.resolution is not Resolution.RAW:
            until = min(until, running_bucket(now, window.resolution, zone=self.zone))
        return max(window.since, start), until

    def shows(self, moment: datetime) -> bool:
        """Say whether a single value of that time may be shown."""
        return any(
            one.since <= moment < one.until and one.resolution is Resolution.RAW
            for one in self.windows
        )

    def check_live(self, now: datetime) -> None:
        """Refuse to tell what is so now where only sums are granted.

        Raises: ResolutionNotGranted.
        """
        if not self.shows(now):
            granted = [one for one in self.windows if one.since <= now < one.until]
            raise ResolutionNotGranted(
                granted=granted[0].resolution.value if granted else None,
                windows=[_shown(one) for one in granted],
            )


def running_bucket(now: datetime, resolution: Resolution, *, zone: ZoneInfo) -> datetime:
    """Return when the bucket that holds this moment began, by the site's clock."""
    if resolution in {Resolution.QUARTER_HOUR, Resolution.HOUR}:
        minutes = 15 if resolution is Resolution.QUARTER_HOUR else 60
        past = timedelta(
            minutes=now.minute % minutes, seconds=now.second, microseconds=now.microsecond
        )
        return now - past
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if resolution is Resolution.MONTH:
        midnight = midnight.replace(day=1)
    return midnight.astimezone(UTC) if resolution is not Resolution.RAW else now


def _joined(
    spans: Iterable[tuple[datetime, datetime]],
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans that are not empty, those that touch as one."""
    current: tuple[datetime, datetime] | None = None
    for since, until in spans:
        if since >= until:
            continue
        if current and current[1] == since:
            current = (current[0], until)
            continue
        if current:
            yield current
        current = (since, until)
    if current:
        yield current


def _shown(window: Window) -> dict[str, str | None]:
    """Return a window as problems tell it; open ends are null."""
    return {
        "from": None if window.since == EVER else window.since.isoformat().replace("+00:00", "Z"),
        "until": None if window.until == NEVER else window.until.isoformat().replace("+00:00", "Z"),
        "resolution": window.resolution.value,
    }
