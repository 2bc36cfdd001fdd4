"""What the simulated cloud says it told us, against what is recorded here."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from integrations.smartme.simulator.ledger import Ledger
from tests.integrations.smartme.realtime.posts import EPOCH

Key = tuple[str, str, datetime]
POINT_OF_CODE = {
    "1-0:1.8.0*255": ("active_energy_import", 1e-3),
    "1-0:2.8.0*255": ("active_energy_export", 1e-3),
    "1-0:1.7.0*255": ("active_power", 1.0),
}
POINT_OF_MEMBER = {
    "CounterReadingImport": ("active_energy_import", 1.0),
    "CounterReadingExport": ("active_energy_export", 1.0),
    "ActivePower": ("active_power", 1e3),
}
RECORDED = """
SELECT l.meter_id, t.key, r.time, r.value FROM devices_reading r
  JOIN devices_point p ON p.id = r.point_id JOIN devices_pointtype t ON t.id = p.type_id
  JOIN integrations_meterlink l ON l.device_id = p.device_id WHERE t.key = ANY(%s)"""
POINTS = [point for point, _ in POINT_OF_CODE.values()]


def _moment(text: str) -> datetime:
    """Return a time of the API, cut to microseconds."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    micros = int(fraction[:6].ljust(6, "0"))
    return datetime.fromisoformat(f"{whole}+00:00") + timedelta(microseconds=micros)


def _posted(posts: list[dict[str, Any]]) -> dict[Key, float]:
    found: dict[Key, float] = {}
    for line in posts:
        time = EPOCH + timedelta(microseconds=line["ticks"] // 10)
        for code, value in line["values"].items():
            point, factor = POINT_OF_CODE[code]
            found[line["meter"], point, time] = value * factor
    return found


def _polled(ledger: Ledger) -> dict[Key, float]:
    return {
        (line["device"]["Id"], point, _moment(line["device"]["ValueDate"])): (
            line["device"][member] * factor
        )
        for line in ledger.reports()
        for member, (point, factor) in POINT_OF_MEMBER.items()
        if member in line["device"]
    }


def _recorded() -> dict[Key, float]:
    with connection.cursor() as cursor:
        cursor.execute(RECORDED, [POINTS])
        return {(str(meter), point, time): value for meter, point, time, value in cursor}


def differences(ledger: Ledger, *, known: set[str]) -> list[str]:
    """Return what is lost, made up, or wrong, for meters that are known here; at best nothing.

    What was answered must be there; what was sent without an answer may be.
    """
    posts = [line for line in ledger.posts() if line["meter"] in known]
    must = _polled(ledger) | _posted([line for line in posts if line["taken"]])
    may = must | _posted(posts)
    found = _recorded()
    return [
        *(f"lost: {key}" for key in must.keys() - found.keys()),
        *(f"made up: {key}" for key in found.keys() - may.keys()),
        *(
            f"wrong: {key} is {value}, not {may[key]}"
            for key, value in found.items()
            if key in may and abs(value - may[key]) > 1e-9 * max(1.0, abs(may[key]))
        ),
    ]
