"""Load what decides about reading series of devices: their places and who lived there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.choices import Resolution
from accounts.principals import Principal
from devices.models import Device
from devices.windows import EVER, NEVER, History, Lived, SeriesAccess, Stay, View, windows_of
from twin.choices import OccupiedView
from twin.models.reach import reach_of
from twin.rights import Place

UTC_ZONE = ZoneInfo("UTC")
STAYS_SQL = """
    SELECT p.device_id, p.site_id, s.path::text, p.spaces, p.space_id IS NOT NULL AND s.id IS NULL,
           lower(p.period), upper(p.period), t.occupied_view, t.time_zone,
           ARRAY(SELECT c.at FROM twin_policychange c WHERE c.site_id = t.id ORDER BY c.at),
           ARRAY(SELECT c.before FROM twin_policychange c WHERE c.site_id = t.id ORDER BY c.at)
    FROM devices_placement p
    LEFT JOIN twin_site t ON t.id = p.site_id
    LEFT JOIN twin_space s ON s.id = p.space_id
    WHERE p.device_id = ANY(%(keys)s)
    ORDER BY p.device_id, p.period
"""
LIVED_SQL = """
    SELECT space_id, lower(period), coalesce(closed_until, upper(period)) FROM twin_occupancy
    WHERE space_id = ANY(%(keys)s)
    UNION ALL
    -- What was lived in a space that has gone, or gone up in another, is no less closed for that.
    SELECT v.space_id, lower(v.period),
           least(coalesce(v.closed_until, upper(v.period)), v.valid_until)
    FROM twin_occupancy_version v
    WHERE v.space_id = ANY(%(keys)s) AND lower(v.period) < v.valid_until
      AND NOT EXISTS (SELECT FROM twin_occupancy o WHERE o.id = v.id)
"""


class _Placed(NamedTuple):
    """A row of STAYS_SQL."""

    device: UUID
    site: UUID
    path: str | None
    way: list[UUID] | None
    is_lost: bool
    since: datetime
    until: datetime | None
    occupied_view: str | None
    time_zone: str | None
    changed_at: list[datetime]
    changed_from: list[str]

    @property
    def place(self) -> tuple[Any, ...]:
        """Return all that tells this stay from others, except the device."""
        way = None if self.way is None else tuple(self.way)
        changes = (*self.changed_at, *self.changed_from)
        return (self.site, self.path, way, self.is_lost, self.since, self.until, *changes)

    @property
    def spaces(self) -> frozenset[UUID]:
        """Return the spaces on the way from the root: as it was, or as it has been since."""
        if self.way is not None:
            return frozenset(self.way)
        return frozenset(UUID(label) for label in (self.path or "").split(".") if label)

    @property
    def views(self) -> tuple[View, ...]:
        """Return the policies by time: of a moment counts the tightest of all since then."""
        tightest = OccupiedView(self.occupied_view or OccupiedView.NOTHING)
        found = [_view(NEVER, tightest)]
        for at, before in zip(reversed(self.changed_at), reversed(self.changed_from), strict=True):
            tightest = max(tightest, OccupiedView(before), key=lambda view: view.tightness)
            found.append(_view(at, tightest))
        return tuple(reversed(found))


def series_access(device: Device, principal: Principal) -> SeriesAccess:
    """Return what the principal may read of the device's series (two queries and the reach)."""
    return series_access_of_all([device], principal)[device.pk]


def series_access_of_all(
    devices: Iterable[Device], principal: Principal
) -> Mapping[UUID, SeriesAccess]:
    """Return what may be read of each device (two queries and the reach, however many)."""
    things = list(devices)
    placed: dict[UUID, list[_Placed]] = defaultdict(list)
    for row in _ask(STAYS_SQL, [device.pk for device in things]):
        placed[row[0]].append(_Placed(*row))
    lived = _lived(row for rows in placed.values() for row in rows)
    reach = reach_of(principal)
    # Where no right names a device, those that stood at the same places are read alike.
    areas = [right.area for right in reach.rights] + list(reach.cut or ())
    is_by_place = all(area.node is None for area in areas)
    known: dict[Any, SeriesAccess] = {}
    found = {}
    for device in things:
        rows = placed[device.pk]
        places = tuple(row.place for row in rows) if is_by_place else device.pk
        key = (device.organisation_id, device.gateway_id, places)
        if key not in known:
            known[key] = _access(device, rows, lived=lived, principal=principal)
        found[device.pk] = known[key]
    return found


def _ask(sql: str, keys: list[UUID]) -> list[tuple[Any, ...]]:
    if not keys:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, {"keys": keys})
        return cursor.fetchall()


def _lived(placed: Iterable[_Placed]) -> dict[UUID, list[Lived]]:
    """Return who lived in any of the spaces on the ways to these places."""
    spaces = {space for row in placed for space in row.spaces}
    found: dict[UUID, list[Lived]] = defaultdict(list)
    for space, since, until in _ask(LIVED_SQL, list(spaces)):
        found[space].append(Lived(space, since, until or NEVER))
    return found


def _access(
    device: Device, placed: list[_Placed], *, lived: dict[UUID, list[Lived]], principal: Principal
) -> SeriesAccess:
    stays = [_stay(device, row, is_first=index == 0) for index, row in enumerate(placed)]
    spaces = {space for row in placed for space in row.spaces}
    history = History(
        device.pk,
        device.organisation_id,
        stays,
        [one for space in spaces for one in lived.get(space, ())],
        device.gateway_id,
    )
    windows = windows_of(history, reach=reach_of(principal), terms=principal.terms)
    zone = placed[-1].time_zone if placed else None
    return SeriesAccess(windows, ZoneInfo(zone) if zone else UTC_ZONE)


def _stay(device: Device, row: _Placed, *, is_first: bool) -> Stay:
    """Return the stay; before it was first placed, a device counts as standing there already, so
    that what a meter measured before Atrium knew it is not lost to those it belongs to.
    """
    return Stay(
        Place(device.organisation_id, row.site, row.spaces, device.gateway_id),
        EVER if is_first else row.since,
        row.until or NEVER,
        row.views,
        row.is_lost,
    )


def _view(until: datetime, view: OccupiedView) -> View:
    return View(until, None if view == OccupiedView.NOTHING else Resolution(view.value))
