"""Identifiers that sort by the time they were made."""

import os
import time
import uuid
from datetime import UTC, datetime, timedelta

_VERSION = 7 << 76
_VARIANT = 0b10 << 62
_VARIANT_MASK = (1 << 62) - 1


def uuid7() -> uuid.UUID:
    """Return a new UUIDv7: milliseconds, then 12 bits of the millisecond's fraction, then chance.

    Source: RFC 9562 section 5.7 and section 6.2, method 3.
    """
    milliseconds, rest_ns = divmod(time.time_ns(), 1_000_000)
    fraction = (rest_ns << 12) // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") & _VARIANT_MASK
    return uuid.UUID(int=(milliseconds << 80) | _VERSION | (fraction << 64) | _VARIANT | random)


def _stamp(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    milliseconds, rest_us = divmod(since // timedelta(microseconds=1), 1000)
    return (milliseconds << 80) | _VERSION | ((rest_us << 12) // 1000 << 64) | _VARIANT


def first_id_at(moment: datetime) -> uuid.UUID:
    """Return the smallest UUIDv7 of that microsecond: older ids sort before it, no others do."""
    return uuid.UUID(int=_stamp(moment))


def id_at(moment: datetime) -> uuid.UUID:
    """Return a new UUIDv7 of that microsecond."""
    random = int.from_bytes(os.urandom(8), "big") & _VARIANT_MASK
    return uuid.UUID(int=_stamp(moment) | random)
