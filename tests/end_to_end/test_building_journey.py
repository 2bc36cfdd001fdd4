"""An operator builds a house, hangs a meter into it, sends readings and reads them back."""

import time
from typing import Any

import httpx
import pytest

# Starting a stack takes long on a busy machine.
pytestmark = pytest.mark.timeout(300)

BUILDING = {
    "name": "Résidence Les Tilleuls",
    "template": "collective-housing@1",
    "parameters": {"floors": 4, "flats_per_floor": 4},
    "timezone": "Europe/Paris",
    "address": {},
}
EVENTS_WITHIN_S = 15
READINGS = [
    ("2026-08-01T22:00:00Z", 1.25),
    ("2026-08-01T22:15:00Z", 1.5),
    ("2026-08-01T22:30:00Z", 2.0),
]


def _told(operator: httpx.Client) -> set[str]:
    events = operator.get("/events/", params={"limit": 500}).json()["results"]
    return {event["type"] for event in events}


def _flatten(spaces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [found for space in spaces for found in (space, *_flatten(space["children"]))]


@pytest.fixture(scope="module")
def site(operator: httpx.Client) -> dict[str, Any]:
    answer = operator.post("/sites/", json=BUILDING)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture(scope="module")
def flat(operator: httpx.Client, site: dict[str, Any]) -> dict[str, Any]:
    tree = operator.get(f"/sites/{site['id']}/tree/").json()
    return next(space for space in _flatten(tree["spaces"]) if space["kind"] == "flat")


@pytest.fixture(scope="module")
def device(operator: httpx.Client, site: dict[str, Any], flat: dict[str, Any]) -> dict[str, Any]:
    fleet = operator.post("/fleets/", json={"name": "Electricity"}).json()
    declared = {
        "fleet": fleet["id"],
        "role": "device",
        "manufacturer": "smart-me",
        "model": "Telstar",
        "serial": "00636731327420929937",
    }
    asset = operator.post("/assets/", json=declared).json()
    kinds = operator.get("/device-types/", params={"limit": 500}).json()["results"]
    measures = {"active_energy_import", "active_power"}
    kind = next(k for k in kinds if measures <= {point["key"] for point in k["points"]})
    wanted = {
        "asset": asset["id"],
        "type": kind["key"],
        "site": site["id"],
        "space": flat["id"],
        "name": "Flat meter 🏠 عداد",
        "tags": {"tenant": "yes"},
    }
    answer = operator.post("/devices/", json=wanted)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture(scope="module")
def recorded(operator: httpx.Client, device: dict[str, Any]) -> dict[str, Any]:
    batch = [
        {"device": device["id"], "point": "active_energy_import", "time": time, "value": value}
        for time, value in READINGS
    ]
    batch.append({**batch[0], "value": "NaN"})
    answer: dict[str, Any] = operator.post("/readings/", json={"readings": batch}).json()
    return answer


def test_building_has_the_spaces_of_its_template(
    operator: httpx.Client, site: dict[str, Any]
) -> None:
    tree = operator.get(f"/sites/{site['id']}/tree/").json()

    kinds = [space["kind"] for space in _flatten(tree["spaces"])]
    assert kinds.count("flat") == 16
    assert kinds.count("room") == 64
    assert site["counts"]["spaces"] == len(kinds)


def test_device_keeps_serial_and_name_to_the_letter(
    operator: httpx.Client, device: dict[str, Any]
) -> None:
    read = operator.get(f"/devices/{device['id']}/").json()

    assert read["serial"] == "00636731327420929937"
    assert read["name"] == "Flat meter 🏠 عداد"
    assert read["tags"] == {"tenant": "yes"}


def test_bad_reading_costs_itself_only(recorded: dict[str, Any]) -> None:
    assert recorded["accepted"] == 3
    assert recorded["duplicates"] == 0
    assert [fault["index"] for fault in recorded["rejected"]] == [3]


def test_state_shows_the_latest_reading(
    operator: httpx.Client, device: dict[str, Any], recorded: dict[str, Any]
) -> None:
    state = operator.get(f"/devices/{device['id']}/state/").json()

    assert state["points"]["active_energy_import"] == {
        **state["points"]["active_energy_import"],
        "value": 2.0,
        "unit": "kW.h",
        "time": "2026-08-01T22:30:00Z",
        "quality": "good",
    }


def test_series_come_back_in_columns(
    operator: httpx.Client, device: dict[str, Any], recorded: dict[str, Any]
) -> None:
    asked = {"start": "2026-08-01T00:00:00Z", "end": "2026-08-03T00:00:00Z", "interval": "raw"}
    answer = operator.get(f"/devices/{device['id']}/readings/", params=asked).json()

    series = next(s for s in answer["series"] if s["point"] == "active_energy_import")
    assert list(zip(series["times"], series["values"], strict=True)) == READINGS


def test_same_batch_again_changes_nothing(
    operator: httpx.Client, device: dict[str, Any], recorded: dict[str, Any]
) -> None:
    batch = [
        {"device": device["id"], "point": "active_energy_import", "time": time, "value": value}
        for time, value in READINGS
    ]

    answer = operator.post("/readings/", json={"readings": batch}).json()

    assert (answer["accepted"], answer["duplicates"]) == (0, 3)


def test_stranger_finds_nothing_of_it(
    stranger: httpx.Client, site: dict[str, Any], flat: dict[str, Any], device: dict[str, Any]
) -> None:
    for path in (f"sites/{site['id']}/", f"spaces/{flat['id']}/", f"devices/{device['id']}/"):
        assert stranger.get(f"/{path}").status_code == httpx.codes.NOT_FOUND
    assert stranger.get("/devices/").json()["results"] == []
    assert stranger.get("/events/").json()["results"] == []


def test_event_log_tells_the_whole_story(
    operator: httpx.Client, device: dict[str, Any], recorded: dict[str, Any]
) -> None:
    expected = {"site.created", "asset.declared", "device.created", "readings.recorded"}
    until = time.monotonic() + EVENTS_WITHIN_S

    # An event waits for transactions that began before its own, so it may come a little later.
    while not expected <= (told := _told(operator)) and time.monotonic() < until:
        time.sleep(0.2)

    assert expected <= told
