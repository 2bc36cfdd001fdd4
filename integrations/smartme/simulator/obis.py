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
RATE_CODE = {
    "water-cold": "8-0:2.0.0*255",
    "water-hot": "9-0:2.0.0*255",
    "gas": "7-0:43.15.0*255",
    "heat": "6-0:8.0.0*255",
    "cold": "5-0:8.0.0*255",
    "compressed-air": "17-0:140.128.0*255",
}
# Phases lie twenty numbers apart; power is shown in kW.
OF_PHASE = {
    f"{member}L{phase}": (f"1-0:{number + 20 * (phase - 1)}.7.0*255", scale)
    for member, number, scale in (
        ("ActivePower", 21, 1000.0),
        ("Voltage", 32, 1.0),
        ("Current", 31, 1.0),
        ("PowerFactor", 33, 1.0),
    )
    for phase in (1, 2, 3)
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
    """Return what the meter shows: counters, power in W or flow in m3/h, and its phases."""
    values, shown = counter_values(meter, ticks), meter.shown(ticks)
    rate = RATE_CODE.get(meter.kind_name, POWER if IMPORT in values else None)
    if rate is not None:
        values[rate] = shown.rate
    members = meter.kind.members(shown)
    for name, (code, scale) in OF_PHASE.items():
        if name in members:
            values[code] = members[name] * scale
    return values
