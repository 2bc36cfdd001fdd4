"""What a simulated meter counted in the past: answers of the calls for history.

As the real cloud is said to: counters alone, at most 1,000 times, the end exclusive, for accounts
with a Professional licence only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from .faults import Fault
from .meters import TICKS, SimulatedMeter, time_text
from .obis import counter_values
from .requests import Answer, Request

MAX_VALUES = 1_000
LICENCE = "professional"


def values_data(
    meter: SimulatedMeter, ticks: int, *, values: Mapping[str, float]
) -> dict[str, Any]:
    """Return values of one time as the cloud writes them."""
    listed = [{"Obis": code, "Value": value} for code, value in values.items()]
    return {"DeviceId": meter.id, "Date": time_text(ticks), "Values": listed}


def values_between(
    meter: SimulatedMeter,
    request: Request,
    *,
    licence: str,
    now: float,
    faults: Sequence[Fault] = (),
) -> Answer:
    """Answer /ValuesInPastMultiple."""
    if licence != LICENCE:
        return Answer(403, {"Message": "History needs a Professional licence"})
    try:
        start, end = (_second(request, name) for name in ("startdate", "enddate"))
        step = int(request.query.get("interval", "0")) * 60 or meter.report_every_s
    except ValueError:
        return Answer(400, {"Message": "The dates cannot be read"})
    times = _times(max(start, meter.curve.start), min(end, now), step=step)
    gaps = [_gap(fault) for fault in faults if fault.kind == "history-gap"]
    kept = (time for time in times if not any(a <= time < b for a, b in gaps))
    return Answer(
        200,
        [
            values_data(meter, ticks, values=in_unit(counter_values(meter, ticks), faults))
            for ticks in (second * TICKS for second in islice(kept, MAX_VALUES))
        ],
    )


def in_unit(values: Mapping[str, float], faults: Sequence[Fault]) -> dict[str, float]:
    """Return the counters in the unit that a fault says, as a factor of the usual one."""
    factor = math.prod(float(f.given.get("factor", 1000)) for f in faults if f.kind == "obis-unit")
    return {code: value * factor for code, value in values.items()}


def _gap(fault: Fault) -> tuple[float, float]:
    since, until = (datetime.fromisoformat(fault.given[name]) for name in ("from", "to"))
    return since.timestamp(), until.timestamp()


def _second(request: Request, name: str) -> float:
    return datetime.fromisoformat(request.query.get(name, "").upper()).timestamp()


def _times(start: float, end: float, *, step: int) -> Iterator[int]:
    """Return the seconds of the grid from start to before end."""
    first = -int(-start // step) * step
    return iter(range(first, int(-(-end // 1)), step))
