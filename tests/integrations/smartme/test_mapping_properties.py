"""Whatever JSON the cloud sends, the mapping reads it without failing."""

import json
import math
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.smartme.mapping import read_devices
from integrations.smartme.members import FIXED_MEMBERS, QUANTITY_MEMBERS

# Drawing JSON is slow on a busy machine; that says nothing about the mapping.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
ID = "5b1f6c1e-2a70-4c57-9b0e-8d2f41c7a901"
MEMBERS = [row.member for row in (*QUANTITY_MEMBERS, *FIXED_MEMBERS)] + [
    "Id",
    "Name",
    "Serial",
    "ValueDate",
    "ActivePowerUnit",
    "CounterReadingUnit",
    "DeviceEnergyType",
    "MeterSubType",
    "FamilyType",
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)
LIKELY = st.sampled_from(["kW", "kWh", "m3", "2026-08-02T10:14:41Z", 1, 2, 4, 70, 1e308, ID])
DEVICES = st.dictionaries(st.sampled_from(MEMBERS), ANY_JSON | LIKELY, max_size=12)


@PATIENT
@given(st.lists(ANY_JSON, max_size=4))
def test_any_json_is_read_without_failing(entries: list[Any]) -> None:
    meters, issues = read_devices(entries)

    assert len(meters) + len(issues) == len(entries)


@PATIENT
@given(DEVICES)
def test_every_reading_is_finite_and_timed(members: dict[str, Any]) -> None:
    meters, _ = read_devices([{**members, "Id": ID}])

    assert all(math.isfinite(reading.value) for reading in meters[0].readings)
    assert all(reading.time == meters[0].value_time for reading in meters[0].readings)


@PATIENT
@given(DEVICES)
def test_no_point_comes_twice(members: dict[str, Any]) -> None:
    meters, _ = read_devices([{**members, "Id": ID}])

    points = [reading.point for reading in meters[0].readings]

    assert len(points) == len(set(points))


@PATIENT
@given(DEVICES)
def test_names_and_reasons_can_be_stored(members: dict[str, Any]) -> None:
    meters, _ = read_devices([{**members, "Id": ID}])

    texts = [meters[0].name, *(issue.detail for issue in meters[0].issues)]

    assert all("\x00" not in text and json.dumps(text).encode() for text in texts)
    assert all(text.encode("utf-8") or text == "" for text in texts)
