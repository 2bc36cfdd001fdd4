"""What a stored batch is news of: which devices spoke, which states changed, what was restated."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from devices.choices import ContactStatus
from devices.models import Device, Reading
from devices.services.recording.points import Directory, Place, Target
from devices.services.recording.store import Row, Stored
from devices.services.recording.whereabouts import Whereabouts
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


@dataclass(frozen=True, slots=True)
class Group:
    """What one batch holds for the devices of one tenant at one place."""

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
    """The points of one device at one place whose latest value is another one now.

    ``about`` is when the first and the last of these values were measured.
    """

    device: str
    place: Place
    points: list[str]
    about: tuple[datetime, datetime]


# A point and when its new latest value was measured.
Moved = tuple[str, datetime]


def _span(times: Iterable[datetime]) -> tuple[datetime, datetime]:
    """Return the first and the last of some times."""
    found = list(times)
    return min(found), max(found)


class States:
    """Which latest values the rows of one batch move, worked out from what they were before."""

    def __init__(self, rows: Sequence[Row], *, targets: Mapping[int, Target]) -> None:
        self.spoke: set[str] = set()
        self.changed: dict[str, list[Moved]] = defaultdict(list)
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
                self._compare(row, target)

    def _is_latest(self, row: Row, target: Target) -> bool:
        """Say whether the row becomes the latest value; a correction of it is no contact."""
        at, last_at = row[2].timestamp(), target.last_at or 0.0
        if at == last_at:
            self._compare(row, target, is_contact=False)
        return at > last_at

    def _compare(self, row: Row, target: Target, *, is_contact: bool = True) -> None:
        value = row[3]
        if is_contact:
            self.spoke.add(target.device)
        if value != (target.last_text if isinstance(value, str) else target.last_value):
            self.changed[target.device].append((target.key, row[2]))


class News:
    """Tells what the rows of one batch changed, and for whom."""

    def __init__(self, rows: Sequence[Row], *, directory: Directory) -> None:
        self._rows = rows
        self._senders = directory.senders
        self._targets = {target.id: target for target in directory.targets.values()}

    def prepare(self) -> None:
        """Work out what is new, without the database."""
        self._states = States(self._rows, targets=self._targets)
        self._where = Whereabouts(self._rows, senders=self._senders, targets=self._targets)
        self._batch_of_all = None if self._where.has_late else self._batch("", self._rows)

    def tell(self, stored: Stored, *, key: str) -> None:
        """Send the signals of the batch; one that changed nothing is no news."""
        if not stored.inserted and not stored.restated:
            return
        self._where.look_back()
        self._note_contact(self._states.spoke)
        self._tell_states(self._states)
        batch = self._batch_of_all or self._batch(key, self._rows)
        readings_recorded.send(sender=Reading, batch=replace(batch, key=key))
        if stored.restated:
            points = set(stored.restated_points)
            rows = [row for row in self._rows if row[1] in points]
            readings_restated.send(sender=Reading, batch=self._batch(key, rows))

    def _batch(self, key: str, rows: Sequence[Row]) -> Batch:
        """Return these rows as a batch, its devices grouped by tenant and place."""
        groups: dict[Place, Counter[str]] = defaultdict(Counter)
        for (device, place), count in self._counts(rows).items():
            groups[place][device] += count
        parts = [Group(place, list(found), found.total()) for place, found in groups.items()]
        return Batch(key, *_span(row[2] for row in rows), parts)

    def _counts(self, rows: Sequence[Row]) -> Counter[tuple[str, Place]]:
        """Count the readings of each device at each place; quickly, if none has moved since."""
        if self._where.has_late:
            heard = ((self._targets[row[1]].device, row[2]) for row in rows)
            return Counter((device, self._where.place(device, at)) for device, at in heard)
        devices: Counter[str] = Counter()
        for point, count in Counter([row[1] for row in rows]).items():
            devices[self._targets[point].device] += count
        return Counter({(one, self._senders[one].place): devices[one] for one in devices})

    def _tell_states(self, states: States) -> None:
        """Announce the devices of which a latest value changed, one change per device and place."""
        changes = [
            StateChange(device, place, [key for key, _ in found], _span(at for _, at in found))
            for device, points in states.changed.items()
            for place, found in self._by_place(device, points)
        ]
        if changes:
            device_state_changed.send(sender=Device, changes=changes)

    def _by_place(self, device: str, points: list[Moved]) -> Iterable[tuple[Place, list[Moved]]]:
        """Return the points of a device by where it stood when they were measured."""
        if not self._where.is_late(device):
            return [(self._senders[device].place, points)]
        places: dict[Place, list[Moved]] = defaultdict(list)
        for point in points:
            places[self._where.place(device, point[1])].append(point)
        return places.items()

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
            rows = Device.objects.filter(node__id__any=back).only("organisation", "site", "space")
            device_online.send(sender=Device, devices=list(rows))
