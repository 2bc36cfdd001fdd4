"""Where the devices of a batch stood when they measured: mostly where they stand now.

What came in late belongs to the place of its time (docs/access.md, "Events").
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from devices.services.recording.points import Place, Sender, Target
from devices.services.recording.store import Row

# A site or a space that has gone is still the place of its time: its way was written down then.
STAYS = """
SELECT p.device_id::text, p.site_id, p.space_id,
  coalesce(p.spaces::text[], string_to_array(s.path::text, '.'), '{}'),
  lower(p.period), upper(p.period)
FROM devices_placement p LEFT JOIN twin_space s ON s.id = p.space_id
WHERE p.device_id = ANY(%s::uuid[])
ORDER BY p.device_id, p.period"""


class Stay(NamedTuple):
    """A row of STAYS: a device at a place for a time."""

    site_id: UUID
    space_id: UUID | None
    way: list[str]
    since: datetime
    until: datetime | None


class Whereabouts:
    """Tells the place of a device at a time, once it has looked back for the rows of a batch."""

    def __init__(
        self, rows: Sequence[Row], *, senders: Mapping[str, Sender], targets: Mapping[int, Target]
    ) -> None:
        self._senders = senders
        self._stays: dict[str, list[Stay]] = defaultdict(list)
        self._late = self._measured_elsewhere(rows, targets)

    def _measured_elsewhere(
        self, rows: Sequence[Row], targets: Mapping[int, Target]
    ) -> Collection[str]:
        """Return the devices that have moved since they measured; mostly one look at a clock."""
        earliest = min(row[2] for row in rows)
        moved = {
            device: sender.moved_at
            for device, sender in self._senders.items()
            if sender.moved_at is not None and sender.moved_at > earliest
        }
        if not moved:
            return ()
        devices = ((targets[row[1]].device, row[2]) for row in rows)
        return {device for device, at in devices if device in moved and at < moved[device]}

    @property
    def has_late(self) -> bool:
        """Say whether anything was measured before its device came to where it stands."""
        return bool(self._late)

    def is_late(self, device: str) -> bool:
        """Say whether the device has moved since it measured something of this batch."""
        return device in self._late

    def look_back(self) -> None:
        """Load where these devices stood; one query, none if all stand where they measured."""
        if not self._late:
            return
        with connection.cursor() as cursor:
            cursor.execute(STAYS, [list(self._late)])
            for device, *stay in cursor.fetchall():
                self._stays[device].append(Stay(*stay))

    def place(self, device: str, at: datetime) -> Place:
        """Return where a device stood at a time.

        Before it was first placed, a device counts as standing where it was first placed.
        """
        sender = self._senders[device]
        moved_at = sender.moved_at
        if device not in self._late or moved_at is None or at >= moved_at:
            return sender.place
        stays = self._stays[device]
        stay = next((one for one in reversed(stays) if one.since <= at), stays[0])
        if stay.until is not None and stay.until <= at:
            return Place(sender.organisation_id, None, since=stay.until)
        if stay.until is None:
            return sender.place
        way = tuple(stay.way)
        return Place(sender.organisation_id, stay.site_id, stay.space_id, way, stay.since)
