"""Units: UCUM codes with the plain symbol shown beside them."""

from typing import Final

from config.lib.ucum import written

# UCUM code -> symbol for people. Source: ucum.org, case-sensitive codes.
SYMBOLS: Final = {
    "1": "",
    "%": "%",
    "A": "A",
    "Cel": "°C",
    "Hz": "Hz",
    "K": "K",
    "L/h": "l/h",
    "Pa": "Pa",
    "V": "V",
    "V.A": "VA",
    "W": "W",
    "W/m2": "W/m²",
    "[ppm]": "ppm",
    "bar": "bar",
    "d": "d",
    "dB": "dB",
    "deg": "°",
    "h": "h",
    "hPa": "hPa",
    "kV.A.h": "kVAh",
    "kW.h": "kWh",
    "lx": "lx",
    "m/s": "m/s",
    "m3": "m³",
    "m3/h": "m³/h",
    "min": "min",
    "mm": "mm",
    "s": "s",
    "ug/m3": "µg/m³",
    "var": "var",
    "kvar.h": "kvarh",
}


def symbol_of(unit: str) -> str:
    """Return the symbol for people; of an unlisted UCUM code, how people write it."""
    return SYMBOLS[unit] if unit in SYMBOLS else written(unit)
