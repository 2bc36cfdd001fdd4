"""Windows of the past, newest first, and what the cloud says of one: pure.

Source: docs/integrations/smart-me.md, "History".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from integrations.choices import BackfillMethod
from integrations.smartme import values
from integrations.smartme.calibration import read_values
from integrations.smartme.values import Unusable

INTERVAL: Final = timedelta(minutes=15)
# The cloud gives at most so many values in one answer; the end of a window is exclusive.
MAX_VALUES: Final = 1_000
WINDOW: Final = INTERVAL * MAX_VALUES


@dataclass(frozen=True)
class Said:
    """What a meter counted at one time, by OBIS code."""

    time: datetime
    values: dict[bytes, float]


def window_start(method: str, *, since: datetime, reached: datetime, zone: ZoneInfo) -> datetime:
    """Return where the next window begins that ends at ``reached``."""
    if method == BackfillMethod.DENSE:
        return max(since, reached - WINDOW)
    local = (reached - timedelta(microseconds=1)).astimezone(zone)
    month = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return max(since, month.astimezone(reached.tzinfo))


def read_said(raw: Any) -> Said | None:
    """Read one ValuesData; None when it has no usable time."""
    if not isinstance(raw, dict):
        return None
    named = {str(key).lower(): value for key, value in raw.items()}
    try:
        return Said(values.moment(named.get("date")), read_values(named.get("values")))
    except Unusable:
        return None
