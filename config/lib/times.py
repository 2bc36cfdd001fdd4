"""Moments in and out: RFC 3339 with a zone, kept in UTC."""

import re
from datetime import UTC, datetime
from typing import Any

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def parse_time(value: Any) -> datetime | None:
    """Return the moment in UTC, or None if the text is no RFC 3339 time with a zone.

    Digits beyond microseconds are cut off. Source: RFC 3339 section 5.6.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else None
    if not isinstance(value, str) or not RFC3339.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_time(moment: datetime) -> str:
    """Return the moment as RFC 3339 text in UTC, ending in Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
