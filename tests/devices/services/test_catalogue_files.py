"""The shipped catalogue is valid, and a broken one is refused with the place and the rule."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from devices.services.catalogue_files import CATALOGUE, CatalogueInvalid, read_catalogue

POINT = {"key": "heat", "name": "Heat", "kind": "measurement", "value_type": "number"} | {
    "unit": "kW.h",
    "nature": "counter",
}
METER = {"key": "meter", "manufacturer": "Acme", "model": "M1", "category": "heat-meter"} | {
    "ontology": "Meter",
    "points": ["heat"],
}
CONTRACT_UNITS = {
    "active_energy_import": "kW.h",
    "active_energy_export": "kW.h",
    "active_power": "W",
    "volume": "m3",
    "heat_energy": "kW.h",
    "flow_rate": "m3/h",
    "temperature": "Cel",
    "active_power_l1": "W",
    "voltage_l1": "V",
    "current_l1": "A",
    "power_factor": "1",
}


def refused(folder: Path, document: Any) -> str:
    (folder / "meters.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(CatalogueInvalid) as caught:
        read_catalogue(folder)
    return str(caught.value)


def test_shipped_catalogue_is_valid_and_rich() -> None:
    types = read_catalogue().device_types

    ours = [key for key in types if key.startswith("smartme-")]
    assert len(ours) >= 30
    assert len(types) - len(ours) >= 10


NEEDED = {
    *("thermostat", "radiator-valve", "boiler", "heat-pump", "shutter", "light", "plug"),
    *("contact-sensor", "motion-sensor", "smoke-detector", "leak-detector", "climate-sensor"),
    *("heat-cost-allocator", "water-meter", "gas-meter", "heat-meter", "cooling-meter"),
    *("electricity-meter", "pv-inverter", "battery", "charging-station", "intercom", "lock"),
    "weather-station",
}


def test_every_kind_of_thing_in_a_building_is_there_without_a_maker() -> None:
    types = read_catalogue().device_types.values()

    assert {one["category"] for one in types if one["manufacturer"] == "generic"} >= NEEDED


def test_what_is_sent_to_a_door_is_never_sent_twice() -> None:
    actions = read_catalogue().actions

    assert [key for key in ("unlock", "open_door") if actions[key].get("is_idempotent")] == []


def test_point_of_one_key_has_one_unit_kind_and_nature_everywhere() -> None:
    meanings = defaultdict(set)
    for entry in read_catalogue().device_types.values():
        for point in entry["points"]:
            fixed = (point["unit"], point["kind"], point["value_type"], point["nature"])
            meanings[point["key"]].add(fixed)

    assert {key for key, found in meanings.items() if len(found) > 1} == set()


@pytest.mark.parametrize(("key", "unit"), CONTRACT_UNITS.items())
def test_points_of_the_contract_have_their_units(key: str, unit: str) -> None:
    assert read_catalogue().points[key]["unit"] == unit


def test_every_shipped_point_and_action_is_used() -> None:
    catalogue = read_catalogue()
    types = catalogue.device_types.values()

    points = {point["key"] for entry in types for point in entry["points"]}
    actions = {action["key"] for entry in types for action in entry["actions"]}

    assert set(catalogue.points) - points == set()
    assert set(catalogue.actions) - actions == set()


def test_type_may_narrow_a_point_but_keeps_its_unit(tmp_path: Path) -> None:
    narrowed = {**METER, "points": [{"key": "heat", "name": "Heat of the flat"}]}
    document = {"points": [POINT], "device_types": [narrowed]}
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")

    point = read_catalogue(tmp_path).device_types["meter"]["points"][0]

    assert (point["name"], point["unit"], point["obis"]) == ("Heat of the flat", "kW.h", "")


def test_type_of_one_file_may_use_a_point_of_another(tmp_path: Path) -> None:
    for name, document in {"a": {"device_types": [METER]}, "b": {"points": [POINT]}}.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")

    assert set(read_catalogue(tmp_path).device_types) == {"meter"}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"device_types": [METER]}, "meter: the point heat is not defined"),
        ({"points": [POINT, POINT]}, "meters.yaml#/points/1/key: heat is defined twice"),
        ({"points": [{**POINT, "unit": "kWh"}]}, "meters.yaml#/points/0/unit"),
        ({"points": [{**POINT, "obis": "1.8.0"}]}, "meters.yaml#/points/0/obis"),
        ({"points": [{**POINT, "writable": True}]}, "meters.yaml#/points/0/kind"),
        ({"points": [{**POINT, "value_type": "enum"}]}, "meters.yaml#/points/0"),
        ({"device_types": [{**METER, "points": []}]}, "meters.yaml#/device_types/0/points"),
        ({"wrong": []}, "meters.yaml#/"),
        ([], "meters.yaml#/"),
    ],
)
def test_broken_catalogue_is_refused_with_its_place(
    tmp_path: Path, document: Any, words: str
) -> None:
    assert words in refused(tmp_path, document)


def test_action_and_double_point_are_refused(tmp_path: Path) -> None:
    wrong = {**METER, "points": ["heat", "heat"], "actions": ["dance"]}

    text = refused(tmp_path, {"points": [POINT], "device_types": [wrong]})

    assert "meter: a point is named twice" in text
    assert "meter: the action dance is not defined" in text


def test_action_parameters_must_be_a_json_schema(tmp_path: Path) -> None:
    action = {"key": "go", "name": "Go", "parameters": {"type": 7}, "result": {}, "timeout_s": 1}

    assert "#/actions/0/parameters: not a JSON Schema" in refused(tmp_path, {"actions": [action]})


def test_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("a: [", encoding="utf-8")

    with pytest.raises(CatalogueInvalid, match=r"broken\.yaml: not valid YAML"):
        read_catalogue(tmp_path)


def test_shipped_files_are_small() -> None:
    sizes = {path.name: len(path.read_text().splitlines()) for path in CATALOGUE.glob("*.yaml")}

    assert {name: size for name, size in sizes.items() if size > 300} == {}


def test_type_says_where_its_counter_starts_again(tmp_path: Path) -> None:
    use = {"key": POINT["key"], "counter_width": 1_000_000}
    document = {"points": [POINT], "device_types": [{**METER, "points": [use]}]}
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")

    (point,) = read_catalogue(tmp_path).device_types[str(METER["key"])]["points"]

    assert point["counter_width"] == 1_000_000
    zero = {**document, "device_types": [{**METER, "points": [{**use, "counter_width": 0}]}]}
    assert "#/device_types/0/points/0" in refused(tmp_path, zero)
