"""The body of a realtime post, read: pure, bounded, and never failing on what it is given.

A device that cannot be read costs itself only. Source: docs/integrations/smart-me.md, "Realtime".
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from google.protobuf.message import DecodeError

from .realtime_pb2 import DateTime, DeviceData, DeviceDataArray, Guid, Timestamp

MAX_BODY_BYTES = 256 * 1024
MAX_DEVICES = 1_000
MAX_VALUES = 10_000
GUID_BYTES = 18
CODE_BYTES = 6
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST = int((datetime(9999, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) * 1_000_000
MICROSECONDS = {
    0: 86_400_000_000,
    1: 3_600_000_000,
    2: 60_000_000,
    3: 1_000_000,
    4: 1_000,
}
TICKS = 5
LEAST_NANOSECONDS = 100
LOCAL_TIME = 2
# A number of days beyond the year 9999; a number of seconds below it lies in the spring of 1970.
MOST_DAYS = 8_000_000
BASE64 = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*")

Value = tuple[bytes, float]


class Unreadable(Exception):
    """The body as a whole, or one device in it, cannot be taken for what it should be."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


class Report(NamedTuple):
    """What one device sent: its id at the cloud, when, and pairs of OBIS code and value."""

    meter: UUID
    time: datetime
    values: list[Value]


class Post(NamedTuple):
    """One body: its reports in the order they came, and why others could not be read."""

    reports: list[Report]
    faults: list[Unreadable]


def read_post(body: bytes) -> Post:
    """Read one body; base64 text is taken for the bytes it stands for.

    Raises: Unreadable, for what is no message at all or holds more than a post may.
    """
    items = _items(body)
    if len(items) > MAX_DEVICES:
        raise Unreadable("too-many-devices", f"{len(items)} devices; {MAX_DEVICES} at most.")
    post = Post([], [])
    count = 0
    for item in items:
        pairs = item.values
        count += len(pairs)
        if count > MAX_VALUES:
            raise Unreadable("too-many-values", f"{MAX_VALUES} values at most.")
        try:
            meter, time = meter_of(item.device_id), time_of(item.date_time)
        except Unreadable as fault:
            post.faults.append(fault)
            continue
        values = [(code, pair.value) for pair in pairs if len(code := pair.obis) == CODE_BYTES]
        post.reports.append(Report(meter, time, values))
    return post


def _items(body: bytes) -> Sequence[DeviceData]:
    if len(body) > MAX_BODY_BYTES:
        raise Unreadable("too-large", f"{len(body)} bytes; {MAX_BODY_BYTES} at most.")
    try:
        return DeviceDataArray.FromString(body).items
    except DecodeError as fault:
        unpacked = _unpacked(body)
        if unpacked is None:
            raise Unreadable("not-protobuf", "The body is no protobuf message.") from fault
    try:
        return DeviceDataArray.FromString(unpacked).items
    except DecodeError as fault:
        raise Unreadable("not-protobuf", "The base64 text holds no protobuf message.") from fault


def _unpacked(body: bytes) -> bytes | None:
    if not BASE64.fullmatch(body):
        return None
    try:
        return b64decode(body)
    except binascii.Error:
        return None


def meter_of(given: bytes) -> UUID:
    """Return the id in any of its three spellings; nothing stands for the nil id.

    Raises: Unreadable.
    """
    if not given:
        return UUID(int=0)
    # The usual form is read without the parser: two fields of fixed size, in order.
    if len(given) == GUID_BYTES and given[0] == 0x09 and given[9] == 0x11:
        return UUID(bytes_le=given[1:9] + given[10:])
    if len(given) == 16:
        return UUID(bytes=given)
    if len(given) == 36:
        return _spelled(given)
    try:
        guid = Guid.FromString(given)
    except DecodeError as fault:
        raise Unreadable("id-unreadable", f"{given[:40].hex()} is no device id.") from fault
    return UUID(bytes_le=guid.lo.to_bytes(8, "little") + guid.hi.to_bytes(8, "little"))


def _spelled(given: bytes) -> UUID:
    try:
        return UUID(given.decode("ascii"))
    except ValueError as fault:
        raise Unreadable("id-unreadable", f"{given.hex()} is no device id.") from fault


def time_of(given: bytes) -> datetime:
    """Return the time, cut to microseconds, whether it is a DateTime or a Timestamp.

    Raises: Unreadable, also for the times that mean "none" and for one without a known zone.
    """
    try:
        stamp = DateTime.FromString(given)
        value, scale, kind = stamp.value, stamp.scale, stamp.kind
        if kind == LOCAL_TIME:
            raise Unreadable("time-local", "The time is marked as local, of an unknown zone.")
        if not kind and _is_timestamp(value, scale):
            moment = Timestamp.FromString(given)
            return _moment(moment.seconds * 1_000_000 + moment.nanos // 1_000)
    except DecodeError as fault:
        raise Unreadable("time-unreadable", f"{given[:40].hex()} is no time.") from fault
    if scale == TICKS:
        return _moment(value // 10)
    unit = MICROSECONDS.get(scale)
    if unit is None:
        raise Unreadable("time-unreadable", f"{scale} is no scale of a time.")
    return _moment(value * unit)


def _is_timestamp(value: int, scale: int) -> bool:
    """Say whether the fields are seconds and nanoseconds, read as a count and its scale.

    Nanoseconds come in hundreds there, so they are never the number of a scale; whole seconds are
    more than any number of days.
    """
    if scale:
        return scale >= LEAST_NANOSECONDS
    return abs(value) > MOST_DAYS


def _moment(microseconds: int) -> datetime:
    if not 0 <= microseconds <= LAST:
        raise Unreadable("time-out-of-range", "The time lies outside the years 1970 to 9999.")
    return EPOCH + timedelta(0, 0, microseconds)
