"""How the simulated cloud writes a realtime post: byte by byte, without any protobuf library.

Source: docs/integrations/smart-me.md, "Realtime": the rules of protobuf-net, by its levels.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

TICKS = 10_000_000  # in a second
LEVELS = (200, 240, 300)
# From the coarsest to the finest: what a unit is in ticks, and its number on the wire.
SCALES = (
    (86_400 * TICKS, 0),
    (3_600 * TICKS, 1),
    (60 * TICKS, 2),
    (TICKS, 3),
    (TICKS // 1_000, 4),
    (1, 5),
)


@dataclass(frozen=True)
class Style:
    """How the cloud writes: its level, and the switches that it may have."""

    level: int = 200
    omit_zero: bool = False
    say_kind: bool = False
    is_shuffled: bool = False
    has_strange_fields: bool = False


USUAL = Style()


def varint(number: int) -> bytes:
    """Return a whole number of 64 bits, seven bits a byte, the lowest first."""
    number &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number: int) -> int:
    """Return the number with its sign moved to the lowest bit."""
    return number * 2 if number >= 0 else -number * 2 - 1


def _whole(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number) if number else b""


def _part(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def date_time(ticks: int, style: Style = USUAL) -> bytes:
    """Return a time, in the coarsest unit that tells it exactly."""
    if style.level >= 240:
        seconds, rest = divmod(ticks, TICKS)
        return _whole(1, seconds) + _whole(2, rest * 100)
    unit, scale = next((unit, scale) for unit, scale in SCALES if ticks % unit == 0)
    written = _whole(1, zigzag(ticks // unit)) + _whole(2, scale)
    return written + (_whole(3, 1) if style.say_kind else b"")


def guid(text: str, style: Style = USUAL) -> bytes:
    """Return an id: as .NET lays it out in memory, or as its sixteen bytes in order."""
    given = uuid.UUID(text)
    if style.level >= 300:
        return given.bytes
    if given.int == 0:
        return b""
    mixed = given.bytes_le
    return b"\x09" + mixed[:8] + b"\x11" + mixed[8:]


def obis_bytes(code: str) -> bytes:
    """Return the six bytes of a code such as ``1-0:1.8.0*255``."""
    for sign in "-:*":
        code = code.replace(sign, ".")
    return bytes(int(part) for part in code.split("."))


def device_value(code: str, value: float, *, style: Style = USUAL) -> bytes:
    """Return one value under its code."""
    is_left_out = style.omit_zero and value == 0
    number = b"" if is_left_out else b"\x11" + struct.pack("<d", value)
    parts = [_part(1, obis_bytes(code)), number]
    return b"".join(reversed(parts) if style.is_shuffled else parts)


def device_data(
    meter_id: str, ticks: int, *, values: Mapping[str, float], style: Style = USUAL
) -> bytes:
    """Return the report of one device."""
    parts = [
        _part(1, guid(meter_id, style)),
        _part(2, date_time(ticks, style)),
        *(_part(3, device_value(code, value, style=style)) for code, value in values.items()),
    ]
    if style.has_strange_fields:
        parts += [_whole(7, 4_711), _part(9, b"new"), b"\x55" + struct.pack("<f", 1.5)]
    return b"".join(reversed(parts) if style.is_shuffled else parts)


def post_body(reports: Iterable[bytes]) -> bytes:
    """Return the array that holds these reports."""
    return b"".join(_part(1, report) for report in reports)
