"""From what was sent to well-formed items: everything that needs no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from config.lib.times import parse_time
from devices.choices import Quality

FIELDS = ("device", "point", "time", "value")
ALL_FIELDS = frozenset({*FIELDS, "quality"})
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MAX_AHEAD = timedelta(hours=24)
QUALITIES = {quality.label: quality.value for quality in Quality}


# A well-formed reading whose device and point are still words:
# its index, device, point, time, value as sent, quality. Plain tuples, since there are many.
Item = tuple[int, str, str, datetime, Any, int]
TIME = 3


@dataclass(frozen=True, order=True, slots=True)
class Rejection:
    """Why one reading of a batch was not taken."""

    index: int
    code: str
    detail: str


class Rejected(Exception):
    """The reading cannot be taken."""

    def __init__(self, code: str, detail: str) -> None:
        self.code, self.detail = code, detail
        super().__init__(code)


def _malformed(item: Any) -> Rejected:
    """Say which field is missing or unknown."""
    if not isinstance(item, Mapping):
        return Rejected("invalid", "A reading is an object with device, point, time and value.")
    if missing := [name for name in FIELDS if name not in item]:
        return Rejected("required", f"Missing: {', '.join(missing)}.")
    unknown = sorted(str(name) for name in set(item) - ALL_FIELDS)
    return Rejected("unknown", f"There is no such field: {', '.join(unknown)}.")


class ItemReader:
    """Reads the items of one batch; words that repeat are read once."""

    def __init__(self, *, now: datetime) -> None:
        self._latest = now + MAX_AHEAD
        self.devices: dict[Any, str] = {}
        self.times: dict[Any, datetime] = {}

    def read(self, index: int, item: Any) -> Item:
        """Return the item if it is well formed.

        Raises: Rejected, with the first thing that is wrong.
        """
        try:
            device, point, time, value = item["device"], item["point"], item["time"], item["value"]
            size = len(item)
        except (KeyError, TypeError) as error:
            raise _malformed(item) from error
        if not isinstance(point, str):
            raise Rejected("unknown-point", "The point is the key of a point, as text.")
        try:
            device = self.devices.get(device) or self._device(device)
            time = self.times.get(time) or self._time(time)
        except TypeError as error:
            # A list or an object, which no dictionary takes as a key.
            raise Rejected("invalid", "The device and the time are texts.") from error
        return index, device, point, time, value, self._quality(item) if size > 4 else 0

    def _quality(self, item: Mapping[str, Any]) -> int:
        if not ALL_FIELDS.issuperset(item):
            raise _malformed(item)
        word = item["quality"]
        if not isinstance(word, str) or word not in QUALITIES:
            raise Rejected("invalid-quality", f"The quality is one of {', '.join(QUALITIES)}.")
        return QUALITIES[word]

    def _device(self, given: Any) -> str:
        try:
            self.devices[given] = str(UUID(str(given)))
        except ValueError as error:
            raise Rejected("unknown-device", "There is no such device.") from error
        return self.devices[given]

    def _time(self, given: Any) -> datetime:
        moment = parse_time(given)
        if moment is None:
            raise Rejected("invalid-time", "Send an RFC 3339 time with its zone.")
        if not EARLIEST <= moment <= self._latest:
            raise Rejected("time-out-of-range", "The time is before 2000 or over 24 h ahead.")
        self.times[given] = moment
        return moment


def read_items(given: Sequence[Any], *, now: datetime) -> tuple[list[Item], list[Rejection]]:
    """Return the well-formed items and why the others are not, both in order."""
    reader = ItemReader(now=now)
    devices, times = reader.devices, reader.times
    items: list[Item] = []
    rejected: list[Rejection] = []
    for index, item in enumerate(given):
        try:
            # Most items only repeat words that were read before.
            if len(item) == 4 and type(item["point"]) is str:
                device, time = devices[item["device"]], times[item["time"]]
                items.append((index, device, item["point"], time, item["value"], 0))
                continue
        except (KeyError, TypeError):
            pass  # The reader says what is the matter, if anything is.
        try:
            items.append(reader.read(index, item))
        except Rejected as fault:
            rejected.append(Rejection(index, fault.code, fault.detail))
    return items, rejected
