"""From words to points: which of the named ones exist, are the sender's and may be written."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection
from django.db.models import QuerySet

from devices.choices import AssetStatus, ContactStatus
from devices.models import Device
from devices.services.recording.items import Item, Rejected

SELECT = """
SELECT p.id, p.device_id::text, t.key, t.value_type, t.labels::text,
       p.last_time, p.last_value, p.last_text
FROM devices_point p JOIN devices_pointtype t ON t.id = p.type_id
WHERE p.device_id = ANY(%s::uuid[]) AND t.key = ANY(%s::text[])
ORDER BY p.id
"""
SENDER_COLUMNS = ("asset__status", "organisation_id", "site_id", "status", "last_seen_at")
# All writers lock in the order of ids, so that none waits for another in a circle.
LOCK = " FOR NO KEY UPDATE OF p"


class Target(NamedTuple):
    """A point as the batch finds it, locked."""

    id: int
    device: str
    key: str
    value_type: str
    labels: Mapping[str, int]
    last_time: datetime | None
    last_value: float | None
    last_text: str | None


class Sender(NamedTuple):
    """A device as the batch finds it."""

    asset_status: str
    organisation_id: Any
    site_id: Any
    status: str
    last_seen_at: datetime | None

    @property
    def is_refused(self) -> bool:
        """Say whether its asset is suspended or retired."""
        return self.asset_status in {AssetStatus.SUSPENDED, AssetStatus.RETIRED}

    @property
    def is_online(self) -> bool:
        """Say whether it is known to be online."""
        return self.status == ContactStatus.ONLINE

    def was_heard_since(self, moment: datetime) -> bool:
        """Say whether it is online and its contact was noted after that moment."""
        return self.is_online and self.last_seen_at is not None and self.last_seen_at >= moment


@dataclass(frozen=True, slots=True)
class Directory:
    """The devices and points of one batch."""

    senders: Mapping[str, Sender]
    targets: Mapping[tuple[str, str], Target]

    def target_of(self, item: Item) -> Target:
        """Return the point that the item is for.

        Raises: Rejected. A device of somebody else is as unknown as one that does not exist.
        """
        target = self.targets.get((item.device, item.point))
        sender = self.senders.get(item.device)
        if sender is None:
            raise Rejected("unknown-device", "There is no such device.")
        if sender.is_refused:
            raise Rejected("asset-not-active", f"The device's asset is {sender.asset_status}.")
        if target is None:
            raise Rejected("unknown-point", "The device has no such point.")
        return target


def _senders(devices: QuerySet[Device], ids: Collection[str]) -> dict[str, Sender]:
    rows = devices.filter(node__id__any=ids).values_list("pk", *SENDER_COLUMNS)
    return {str(row[0]): Sender._make(row[1:]) for row in rows}


def _labels(text: str, known: dict[str, Mapping[str, int]]) -> Mapping[str, int]:
    if text not in known:
        known[text] = {label: int(number) for number, label in orjson.loads(text).items()}
    return known[text]


def _targets(
    ids: Collection[str], keys: Collection[str], *, lock: bool
) -> dict[tuple[str, str], Target]:
    known: dict[str, Mapping[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(SELECT + (LOCK if lock else ""), [list(ids), list(keys)])
        rows = cursor.fetchall()
    return {
        (row[1], row[2]): Target._make((*row[:4], _labels(row[4], known), *row[5:])) for row in rows
    }


def look_up(items: Collection[Item], *, devices: QuerySet[Device], lock: bool) -> Directory:
    """Return the batch's devices and points, with two queries; locked ones stay as they are.

    ``devices`` are those that the sender may write for.
    """
    senders = _senders(devices, {item.device for item in items})
    targets = _targets(senders, {item.point for item in items}, lock=lock)
    return Directory(senders, targets)
