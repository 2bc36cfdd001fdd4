"""What an operator should look at about meters that were found: another kind, another serial, and
what has probably been exchanged. Nothing follows by itself: a meter decides about bills.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection as database

from integrations.models import MeterLink

FALLBACK_TYPE: Final = "smartme-mbus"
SHIPPED: Final = "smartme-"
# Beside each meter the latest that vanished of the same name and medium, and what that still feeds.
LOOK: Final = """
WITH asked AS (SELECT * FROM integrations_meterlink WHERE id = ANY(%s)),
gone AS (
    SELECT DISTINCT ON (o.connection_id, o.reported_name, o.energy_type)
           o.connection_id, o.reported_name, o.energy_type, o.id, o.serial, o.linked_at,
           (SELECT array_agg(s.metering_point_id ORDER BY s.metering_point_id)
              FROM devices_assignment s JOIN devices_point p ON p.id = s.point_id
             WHERE p.device_id = o.device_id AND upper_inf(s.period)) AS feeds
      FROM integrations_meterlink o
     WHERE o.connection_id IN (SELECT connection_id FROM asked)
       AND o.vanished_at IS NOT NULL AND o.device_id IS NOT NULL AND o.reported_name <> ''
     ORDER BY o.connection_id, o.reported_name, o.energy_type, o.vanished_at DESC
)
SELECT l.id, l.meter_id, l.serial, l.device_type_key, t.key, a.serial, g.id, g.serial, g.feeds
  FROM asked l JOIN devices_device d ON d.id = l.device_id
  JOIN devices_devicetype t ON t.id = d.type_id JOIN devices_asset a ON a.id = d.asset_id
  LEFT JOIN gone g ON g.connection_id = l.connection_id AND g.reported_name = l.reported_name
       AND g.energy_type = l.energy_type AND g.linked_at < l.linked_at AND l.vanished_at IS NULL"""


@dataclass(frozen=True)
class Notice:
    """Something to look at; of an exchange, which meter was there before and what it feeds."""

    code: str
    detail: str
    previous: UUID | None = None
    metering_points: tuple[UUID, ...] = ()


def notices_of(links: Iterable[MeterLink]) -> dict[UUID, list[Notice]]:
    """Return what is to be looked at, by meter link; one query for all of them."""
    with database.cursor() as cursor:
        cursor.execute(LOOK, [[link.pk for link in links]])
        return {row[0]: list(_read(*row[1:])) for row in cursor.fetchall()}


def _read(
    meter_id: UUID,
    serial: str,
    told_type: str,
    kept_type: str,
    kept_serial: str,
    *before: Any,
) -> Iterable[Notice]:
    is_ours = kept_type.startswith(SHIPPED) and kept_type != FALLBACK_TYPE
    if is_ours and kept_type != told_type:
        yield Notice(
            "re-typed",
            f"smart-me calls this meter {told_type} now; its device here is {kept_type}, and takes "
            "no value that such a device does not have.",
        )
    if serial and serial != kept_serial and kept_serial != str(meter_id):
        yield Notice(
            "serial-changed",
            f"Its serial was {kept_serial} and is {serial} now. If the meter was exchanged, end "
            "its assignment to a metering point with the last counter, and begin another one.",
        )
    previous, old_serial, feeds = before
    if feeds:
        yield Notice(
            "exchanged",
            f"A meter of this name (serial {old_serial or 'unknown'}) is no longer listed, and "
            f"still feeds {len(feeds)} metering points. If this one took its place, end its "
            "assignments and assign this meter, with both counters.",
            previous=previous,
            metering_points=tuple(feeds),
        )
