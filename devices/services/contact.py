"""Contact: who is heard of, and who has been silent for so long that they count as offline.

``last_seen_at`` of a device is in no index on purpose: contact is noted with nearly every reading,
and an index on it would make each of these updates rewrite all indexes of the row. The sweep reads
the table once instead (tests/benchmarks/sweep.py).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from devices.models import Device, Gateway
from devices.signals import device_offline, gateway_offline, gateway_online

# A gateway speaks at least once in five minutes, be it with an empty batch; two lost ones pass.
GATEWAY_OFFLINE_AFTER = timedelta(minutes=15)
CONTACT_RESOLUTION = timedelta(seconds=30)
BATCH = 2_000

HEARD_SQL = """
WITH known AS (
    SELECT g.id, g.status FROM devices_gateway g JOIN devices_asset a ON a.id = g.asset_id
    WHERE g.application_id = %(application)s AND a.status = 'active'
      AND (g.status <> 'online' OR g.last_seen_at IS NULL OR g.last_seen_at < %(limit)s)
    FOR NO KEY UPDATE OF g
)
UPDATE devices_gateway g SET status = 'online', last_seen_at = %(now)s
FROM known WHERE g.id = known.id RETURNING g.id, known.status
"""
# Who waited for a row looks at it again: one that was heard of meanwhile stays online.
SILENT_GATEWAYS_SQL = """
UPDATE devices_gateway SET status = 'offline'
WHERE id IN (
    SELECT id FROM devices_gateway WHERE status = 'online' AND last_seen_at < %(limit)s
    ORDER BY id LIMIT %(most)s FOR NO KEY UPDATE
) RETURNING id
"""
# Devices that speak by another way as well stay online.
FOLDED_SQL = """
UPDATE devices_device SET status = 'offline'
WHERE id IN (
    SELECT id FROM devices_device
    WHERE gateway_id = ANY(%(gateways)s) AND status = 'online' AND last_seen_at < %(limit)s
    ORDER BY id FOR NO KEY UPDATE
) RETURNING gateway_id
"""
# The shortest patience of all first: it leaves few devices to be asked for their own.
SILENT_SQL = """
SELECT d.id FROM devices_device d JOIN devices_devicetype t ON t.id = d.type_id
WHERE d.last_seen_at < %(now)s
    - (SELECT min(offline_after_s) FROM devices_devicetype) * interval '1 second'
  AND d.status = 'online' AND d.last_seen_at < %(now)s - t.offline_after_s * interval '1 second'
"""
OFFLINE_SQL = """
UPDATE devices_device SET status = 'offline'
WHERE id IN (
    SELECT d.id FROM devices_device d JOIN devices_devicetype t ON t.id = d.type_id
    WHERE d.id = ANY(%(devices)s) AND d.status = 'online'
      AND d.last_seen_at < %(now)s - t.offline_after_s * interval '1 second'
    ORDER BY d.id FOR NO KEY UPDATE OF d
) RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """How many went offline: gateways, devices with them, and devices by themselves."""

    gateways: int
    folded: int
    devices: int


def _ask(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


@transaction.atomic
def note_gateway_contact(application_id: UUID | None) -> None:
    """Note that the gateway with these credentials spoke, twice a minute at most; tell it is back.

    A gateway whose asset may not be used is not heard.
    """
    now = timezone.now()
    heard = _ask(HEARD_SQL, application=application_id, now=now, limit=now - CONTACT_RESOLUTION)
    back = [key for key, status in heard if status != "online"]
    if back:
        gateways = list(Gateway.objects.filter(pk__in=back))
        gateway_online.send(sender=Gateway, gateways=gateways)


def sweep_contact(*, now: datetime) -> Swept:
    """Set offline what has been silent for longer than its kind may be; each is told once.

    Gateways first: what is behind one goes offline with it, and its one event says how many. Safe
    to run twice, also at once, and beside ingest.
    """
    gateways = folded = devices = 0
    while lost := _sweep_gateways(now=now):
        gateways, folded = gateways + len(lost), folded + lost.total()
        if len(lost) < BATCH:
            break
    silent = sorted(key for (key,) in _ask(SILENT_SQL, now=now))
    for start in range(0, len(silent), BATCH):
        devices += _sweep_devices(silent[start : start + BATCH], now=now)
    return Swept(gateways, folded, devices)


@transaction.atomic
def _sweep_gateways(*, now: datetime) -> Counter[UUID]:
    """Set some gateways offline, and return how many devices went with each."""
    limit = now - GATEWAY_OFFLINE_AFTER
    lost = [key for (key,) in _ask(SILENT_GATEWAYS_SQL, limit=limit, most=BATCH)]
    counts: Counter[UUID] = Counter(dict.fromkeys(lost, 0))
    if lost:
        counts.update(key for (key,) in _ask(FOLDED_SQL, gateways=lost, limit=limit))
        rows = list(Gateway.objects.filter(pk__in=lost).order_by("pk"))
        gateway_offline.send(sender=Gateway, gateways=rows, devices=counts)
    return counts


@transaction.atomic
def _sweep_devices(keys: Sequence[UUID], *, now: datetime) -> int:
    """Set these offline, but those that were heard of meanwhile; return how many."""
    lost = [key for (key,) in _ask(OFFLINE_SQL, devices=list(keys), now=now)]
    if lost:
        rows = Device.objects.filter(node__id__any=lost).only("organisation", "site", "space")
        device_offline.send(sender=Device, devices=list(rows.order_by("pk")))
    return len(lost)
