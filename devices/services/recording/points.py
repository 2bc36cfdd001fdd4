"""From words to points: which of the named ones exist, are the sender's and may be written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from devices.choices import AssetStatus, ContactStatus, ValueType
from devices.models import Device, Placement, PointType
from devices.services.recording.items import Item, Rejected
from devices.services.recording.values import CONVERTERS, Converter, Labels

REFUSED = frozenset({AssetStatus.SUSPENDED.value, AssetStatus.RETIRED.value})

SENDER_COLUMNS = (
    *("asset__status", "organisation_id", "site_id", "space_id", "space__path"),
    *("status", "last_seen_at", "moved_at"),
)
# The last move of a device: the start of the stay that is open, else the end of the last one.
MOVED_AT = Subquery(
    Placement.objects.filter(device=OuterRef("pk"))
    .order_by("-period")
    .values(at=Coalesce("period__endswith", "period__startswith"))[:1]
)
# All writers lock in the order of ids, so that none waits for another in a circle.
POINTS = """
SELECT p.device_id::text, t.key, t.id::text, p.id,
  extract(epoch FROM p.last_time)::float8, p.last_value, p.last_text, p.raw_from
FROM devices_point p JOIN devices_pointtype t ON t.id = p.type_id
WHERE p.device_id = ANY(%s::uuid[]) AND t.key = ANY(%s::text[])
ORDER BY p.id"""
LOCK = " FOR NO KEY UPDATE OF p"


class Place(NamedTuple):
    """Whose and where the devices of a group are; ``way``: the spaces from the root to theirs.

    ``since`` is when a stay began that is over; None for where they stand now.
    """

    organisation_id: UUID | None
    site_id: UUID | None
    space_id: UUID | None = None
    way: tuple[str, ...] = ()
    since: datetime | None = None


class Sender(NamedTuple):
    """A device as the batch finds it; ``moved_at`` is when it came to, or left, its last place."""

    asset_status: str
    organisation_id: UUID | None
    site_id: UUID | None
    space_id: UUID | None
    path: Sequence[str] | None
    status: str
    last_seen_at: datetime | None
    moved_at: datetime | None

    @property
    def place(self) -> Place:
        """Return where it stands now."""
        return Place(self.organisation_id, self.site_id, self.space_id, tuple(self.path or ()))

    @property
    def is_online(self) -> bool:
        """Say whether it is known to be online."""
        return self.status == ContactStatus.ONLINE

    def was_heard_since(self, moment: datetime) -> bool:
        """Say whether it is online and its contact was noted after that moment."""
        return self.is_online and self.last_seen_at is not None and self.last_seen_at >= moment


class Kind(NamedTuple):
    """What a type says of the values of its points: how they become stored ones."""

    is_number: bool
    convert: Converter
    labels: Labels
    keeps_first: bool


class Target(NamedTuple):
    """A point that takes readings, with the latest one as it is before the batch.

    Its columns are those of POINTS. ``last_at`` is in seconds since 1970: there are many, and
    numbers are read quicker than times. ``raw_from`` is since when its single readings are there,
    where retention took earlier ones away.
    """

    device: str
    key: str
    kind: str
    id: int
    last_at: float | None
    last_value: float | None
    last_text: str | None
    raw_from: datetime | None


@dataclass(frozen=True, slots=True)
class Directory:
    """The sender's devices in one batch, and the points of those that may be written."""

    senders: Mapping[str, Sender]
    kinds: Mapping[str, Kind]
    targets: Mapping[tuple[str, str], Target]

    @property
    def keepers(self) -> set[int]:
        """Return the points whose first value for a moment stays."""
        kinds = {key for key, kind in self.kinds.items() if kind.keeps_first}
        return {one.id for one in self.targets.values() if one.kind in kinds} if kinds else set()

    @property
    def raw_starts(self) -> dict[int, datetime]:
        """Return since when points have all their readings, of those that retention cut."""
        return {one.id: one.raw_from for one in self.targets.values() if one.raw_from is not None}

    def explain(self, device: str) -> Rejected:
        """Say why there is no target: a foreign device is as unknown as none."""
        sender = self.senders.get(device)
        if sender is None:
            return Rejected("unknown-device", "There is no such device.")
        if sender.asset_status in REFUSED:
            return Rejected("asset-not-active", f"The device's asset is {sender.asset_status}.")
        return Rejected("unknown-point", "The device has no such point.")


def _senders(devices: QuerySet[Device], ids: Collection[str]) -> dict[str, Sender]:
    found = devices.filter(node__id__any=ids).annotate(moved_at=MOVED_AT)
    rows = found.values_list("pk", *SENDER_COLUMNS)
    return {str(row[0]): Sender._make(row[1:]) for row in rows}


def _kinds(ids: Collection[str]) -> dict[str, Kind]:
    """Return the kinds of point by id; there are few, however many points there are."""
    found = PointType.objects.filter(pk__in=ids)
    rows = found.values_list("pk", "value_type", "labels", "keeps_first")
    return {
        str(key): Kind(
            value_type == ValueType.NUMBER,
            CONVERTERS[value_type],
            {label: int(number) for number, label in labels.items()},
            keeps_first,
        )
        for key, value_type, labels, keeps_first in rows
    }


def look_up(items: Collection[Item], *, devices: QuerySet[Device], lock: bool) -> Directory:
    """Return the batch's devices and points, with three queries; locked ones stay as they are.

    ``devices`` are those that the sender may write for.
    """
    senders = _senders(devices, {item[1] for item in items})
    usable = [device for device, sender in senders.items() if sender.asset_status not in REFUSED]
    keys = {item[2] for item in items}
    with connection.cursor() as cursor:
        cursor.execute(POINTS + (LOCK if lock else ""), [usable, list(keys)])
        targets = {(row[0], row[1]): Target._make(row) for row in cursor.fetchall()}
    return Directory(senders, _kinds({target.kind for target in targets.values()}), targets)
