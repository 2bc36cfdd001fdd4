"""What a stored batch is news of: which devices spoke, which states changed, what was restated."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from devices.choices import ContactStatus
from devices.models import Device, Reading
from devices.services.recording.points import Directory, Target
from devices.services.recording.store import Row, Stored
from devices.signals import (
    device_online,
    device_state_changed,
    readings_recorded,
    readings_restated,
)

# Contact is noted twice a minute at most, so that ingest does not rewrite every device each time.
CONTACT_RESOLUTION = timedelta(seconds=30)
TOUCH = """
UPDATE devices_device SET last_seen_at = %s, status = %s WHERE id IN
  (SELECT id FROM devices_device WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE)"""


class Place(NamedTuple):
    """Whose and where the devices of a group are."""

    organisation_id: UUID | None
    site_id: UUID | None


@dataclass(frozen=True, slots=True)
class Group:
    """What one batch holds for the devices of one tenant at one site."""

    place: Place
    devices: list[str]
    readings: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A stored batch, or the part of it that changed what was known before."""

    key: str
    start: datetime
    end: datetime
    groups: list[Group]


class StateChange(NamedTuple):
    """The points of one device whose latest value is another one now."""

    device: str
    place: Place
    points: list[str]


class States:
    """Which latest values the rows of one batch move, worked out from what they were before."""

    def __init__(self, rows: Sequence[Row], *, targets: Mapping[int, Target]) -> None:
        self.spoke: set[str] = set()
        self.changed: dict[str, list[str]] = defaultdict(list)
        newest: dict[int, Row] = {}
        for row in rows:
            known = newest.get(row[1])
            if known is None or row[2] >= known[2]:
                newest[row[1]] = row
        # Mostly the whole batch is newer than anything before; then one look at a clock is enough.
        earliest = min(row[2] for row in newest.values()).timestamp()
        for point, row in newest.items():
            target = targets[point]
            is_newer = target.last_at is None or target.last_at < earliest
            if is_newer or self._is_latest(row, target):
                self._compare(row[3], target)

    def _is_latest(self, row: Row, target: Target) -> bool:
        """Say whether the row becomes the latest value; a correction of it is no contact."""
        at, last_at = row[2].timestamp(), target.last_at or 0.0
        if at == last_at:
            self._compare(row[3], target, is_contact=False)
        return at > last_at

    def _compare(self, value: Any, target: Target, *, is_contact: bool = True) -> None:
        if is_contact:
            self.spoke.add(target.device)
        if value != (target.last_text if isinstance(value, str) else target.last_value):
            self.changed[target.device].append(target.key)


class News:
    """Tells what the rows of one batch changed, and for whom."""

    def __init__(self, rows: Sequence[Row], *, directory: Directory) -> None:
        self._rows = rows
        self._senders = directory.senders
        self._targets = {target.id: target for target in directory.targets.values()}

    def prepare(self) -> None:
        """Work out what is new, without the database."""
        self._states = States(self._rows, targets=self._targets)
        self._batch_of_all = self._batch("", self._rows)

    def tell(self, stored: Stored, *, key: str) -> None:
        """Send the signals of the batch; one that changed nothing is no news."""
        if not stored.inserted and not stored.restated:
            return
        self._note_contact(self._states.spoke)
        self._tell_states(self._states.changed)
        readings_recorded.send(sender=Reading, batch=replace(self._batch_of_all, key=key))
        if stored.restated:
            points = set(stored.restated_points)
            rows = [row for row in self._rows if row[1] in points]
            readings_restated.send(sender=Reading, batch=self._batch(key, rows))

    def _place(self, device: str) -> Place:
        sender = self._senders[device]
        return Place(sender.organisation_id, sender.site_id)

    def _batch(self, key: str, rows: Sequence[Row]) -> Batch:
        """Return these rows as a batch, its devices grouped by tenant and site."""
        counts: Counter[str] = Counter()
        for point, count in Counter([row[1] for row in rows]).items():
            counts[self._targets[point].device] += count
        groups: dict[Place, dict[str, int]] = defaultdict(dict)
        for device, count in counts.items():
            groups[self._place(device)][device] = count
        times = [row[2] for row in rows]
        parts = [Group(place, list(found), sum(found.values())) for place, found in groups.items()]
        return Batch(key, min(times), max(times), parts)

    def _tell_states(self, changed: Mapping[str, list[str]]) -> None:
        """Announce the devices of which a latest value changed, one change per device."""
        changes = [StateChange(key, self._place(key), points) for key, points in changed.items()]
        if changes:
            device_state_changed.send(sender=Device, changes=changes)

    def _note_contact(self, spoke: Iterable[str]) -> None:
        """Note when devices with something new spoke; those that were not online are now."""
        now = timezone.now()
        limit = now - CONTACT_RESOLUTION
        stale = [device for device in spoke if not self._senders[device].was_heard_since(limit)]
        if not stale:
            return
        with connection.cursor() as cursor:
            cursor.execute(TOUCH, [now, ContactStatus.ONLINE, stale])
        back = [device for device in stale if not self._senders[device].is_online]
        if back:
            rows = Device.objects.filter(node__id__any=back).only("organisation", "site")
            device_online.send(sender=Device, devices=list(rows))
