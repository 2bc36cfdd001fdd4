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
from devices.windows import EVER, NEVER, History, Lived, SeriesAccess, Stay, windows_of
from twin.choices import OccupiedView
from twin.models.reach import reach_of
from twin.rights import Place

UTC_ZONE = ZoneInfo("UTC")
STAYS_SQL = """
    SELECT p.device_id, p.site_id, s.path::text, lower(p.period), upper(p.period),
           t.occupied_view, t.time_zone
    FROM devices_placement p
    LEFT JOIN twin_site t ON t.id = p.site_id
    LEFT JOIN twin_space s ON s.id = p.space_id
    WHERE p.device_id = ANY(%s)
    ORDER BY p.device_id, p.period
"""
LIVED_SQL = """
    SELECT space_id, lower(period), upper(period) FROM twin_occupancy WHERE space_id = ANY(%s)
"""


class _Placed(NamedTuple):
    """A row of STAYS_SQL."""

    device: UUID
    site: UUID
    path: str | None
    since: datetime
    until: datetime | None
    occupied_view: str | None
    time_zone: str | None

    @property
    def spaces(self) -> frozenset[UUID]:
        """Return the spaces on the way from the root, which their path names."""
        return frozenset(UUID(label) for label in (self.path or "").split(".") if label)


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
    return {device.pk: _access(device, placed[device.pk], lived, principal) for device in things}


def _ask(sql: str, keys: list[UUID]) -> list[tuple[Any, ...]]:
    if not keys:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, [keys])
        return cursor.fetchall()


def _lived(placed: Iterable[_Placed]) -> dict[UUID, list[Lived]]:
    """Return who lived in any of the spaces on the ways to these places."""
    spaces = {space for row in placed for space in row.spaces}
    found: dict[UUID, list[Lived]] = defaultdict(list)
    for space, since, until in _ask(LIVED_SQL, list(spaces)):
        found[space].append(Lived(space, since, until or NEVER))
    return found


def _access(
    device: Device, placed: list[_Placed], lived: dict[UUID, list[Lived]], principal: Principal
) -> SeriesAccess:
    stays = [_stay(device, row, is_first=index == 0) for index, row in enumerate(placed)]
    spaces = {space for row in placed for space in row.spaces}
    history = History(
        device.pk,
        device.organisation_id,
        stays,
        [one for space in spaces for one in lived.get(space, ())],
    )
    windows = windows_of(history, reach=reach_of(principal), terms=principal.terms)
    zone = placed[-1].time_zone if placed else None
    return SeriesAccess(windows, ZoneInfo(zone) if zone else UTC_ZONE)


def _stay(device: Device, row: _Placed, *, is_first: bool) -> Stay:
    """Return the stay; before it was first placed, a device counts as standing there already, so
    that what a meter measured before Atrium knew it is not lost to those it belongs to.
    """
    view = row.occupied_view or OccupiedView.NOTHING
    return Stay(
        Place(device.organisation_id, row.site, row.spaces),
        EVER if is_first else row.since,
        row.until or NEVER,
        None if view == OccupiedView.NOTHING else Resolution(view),
    )
