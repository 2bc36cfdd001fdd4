"""Marks: notes that there is news of devices, left in the transaction of the news.

One statement for each batch, whatever its size and however many rules there are; it waits for
nobody. Devices that no rule watches leave none.
"""

from collections.abc import Collection
from uuid import UUID

from django.db import connection

MARK_NEWS = """
INSERT INTO devices_alarmmark (device_id)
SELECT device FROM unnest(%s::uuid[]) AS device
WHERE EXISTS (SELECT FROM devices_alarmwatch w WHERE w.device_id = device AND w.is_fed)"""
MARK_BEHIND = """
INSERT INTO devices_alarmmark (device_id)
SELECT d.id FROM devices_device d WHERE d.gateway_id = ANY(%s::uuid[])
AND EXISTS (SELECT FROM devices_alarmwatch w WHERE w.device_id = d.id AND w.is_fed)"""
MARK_MOVED = """
INSERT INTO devices_alarmmark (device_id, is_moved) SELECT unnest(%s::uuid[]), true"""


def _mark(sql: str, keys: Collection[UUID | str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(keys)])


def mark_news(devices: Collection[UUID | str]) -> None:
    """Have devices looked at that were heard of."""
    _mark(MARK_NEWS, devices)


def mark_behind(gateways: Collection[UUID]) -> None:
    """Have the devices behind gateways looked at: these were heard of, or are gone."""
    _mark(MARK_BEHIND, gateways)


def mark_moved(devices: Collection[UUID]) -> None:
    """Have it worked out which rules are about devices that are new, changed or stand elsewhere."""
    _mark(MARK_MOVED, devices)
