"""The values of a simulated meter by OBIS code, in base units as the cloud gives them: W and Wh."""

from __future__ import annotations

from .meters import SimulatedMeter

COUNTER_CODE = {
    "water-cold": "8-0:1.0.0*255",
    "water-hot": "9-0:1.0.0*255",
    "gas": "7-0:3.0.0*255",
    "heat": "6-0:1.0.0*255",
    "cold": "5-0:1.0.0*255",
    "compressed-air": "17-0:129.128.0*255",
}
IMPORT, EXPORT, POWER = "1-0:1.8.0*255", "1-0:2.8.0*255", "1-0:1.7.0*255"


def counter_values(meter: SimulatedMeter, ticks: int) -> dict[str, float]:
    """Return the counters at that time; energy in Wh, volume in m3."""
    shown = meter.shown(ticks)
    scale = 1000 if meter.kind.counts == "kWh" else 1
    code = COUNTER_CODE.get(meter.kind_name)
    if code is not None:
        return {code: shown.taken * scale}
    if meter.kind.energy not in (1, 13):
        return {}
    return {IMPORT: shown.taken * scale, EXPORT: shown.given * scale}


def current_values(meter: SimulatedMeter, ticks: int) -> dict[str, float]:
    """Return counters and, for electricity, the power in W."""
    values = counter_values(meter, ticks)
    if IMPORT in values:
        values[POWER] = meter.shown(ticks).rate
    return values
