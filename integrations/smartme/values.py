"""Single JSON values of the smart-me cloud, checked before anything is done with them.

Each reader returns the value or raises Unusable, which costs that member and nothing else.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MAX_NAME = 200
MAX_SERIAL = 64


class Unusable(Exception):
    """A member holds something that cannot be taken for what it should be."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(detail)


def shown(value: Any) -> str:
    """Return a short plain text of any JSON value, safe to store and to print."""
    return ascii(value)[:80]


def number(value: Any) -> float:
    """Return a finite number; true and false are not numbers."""
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable("not-a-number", f"{shown(value)} is not a number.")
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise Unusable("not-finite", "The number is not finite.")
    return result


def boolean(value: Any) -> float:
    """Return 1.0 or 0.0 for true or false, also when they come as 1 or 0."""
    if isinstance(value, int) and value in (0, 1):
        return float(value)
    raise Unusable("not-a-boolean", f"{shown(value)} is neither true nor false.")


def whole(value: Any) -> int:
    """Return a whole number of a size that any vocabulary can have."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31:
        raise Unusable("not-a-number", f"{shown(value)} is not a whole number.")
    return value


def moment(value: Any) -> datetime:
    """Return the time in UTC; digits beyond the microsecond are cut off."""
    match = TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Unusable("time-unreadable", f"{shown(value)} is not a time with a zone.")
    seconds, fraction, zone = match.groups()
    micros = (fraction or "0")[:6].ljust(6, "0")
    try:
        result = datetime.fromisoformat(f"{seconds}.{micros}{zone.upper()}").astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise Unusable("time-unreadable", f"{shown(value)} is not a time.") from fault
    if result < EARLIEST:
        raise Unusable("time-out-of-range", f"{shown(value)} lies before the year 2000.")
    return result


def identifier(value: Any) -> str:
    """Return a GUID in its usual spelling."""
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError) as fault:
        raise Unusable("id-unreadable", f"{shown(value)} is not a GUID.") from fault


def serial(value: Any) -> str:
    """Return the serial exactly as it came; the empty text when the cloud has none (0)."""
    if isinstance(value, int) and not isinstance(value, bool):
        text = str(value) if abs(value) < 10**MAX_SERIAL else ""
    else:
        text = value.strip() if isinstance(value, str) else ""
    if not (text and text.isascii() and text.isprintable() and len(text) <= MAX_SERIAL):
        raise Unusable("serial-unreadable", f"{shown(value)} is not a serial number.")
    return "" if text == "0" else text


def name(value: Any) -> str:
    """Return a name without characters that no database or page could show."""
    if not isinstance(value, str):
        raise Unusable("name-unreadable", f"{shown(value)} is not a text.")
    if value.isprintable():
        return value.strip()[:MAX_NAME]
    # Cc: control characters; Cs: halves of surrogate pairs, which JSON can carry.
    kept = (sign for sign in value if unicodedata.category(sign) not in ("Cc", "Cs"))
    return "".join(kept).strip()[:MAX_NAME]
