"""Every rule of the format, broken once."""

from typing import Any

import pytest

from tests.twin.definitions.documents import CATALOGUE, car_park, changed
from twin.definitions.documents import read_document
from twin.definitions.findings import Finding
from twin.definitions.validation import InvalidDefinition, checked_definition, validate_definition

DECK = "layout/0/children/0"
BAY = f"{DECK}/children/0"


def found(document: object) -> set[tuple[str, str]]:
    """Return pointer and code of every finding."""
    return {(one.pointer, one.code) for one in validate_definition(document)}


def test_right_definition_has_no_findings() -> None:
    assert validate_definition(car_park()) == []


@pytest.mark.parametrize("path", sorted(CATALOGUE.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_definition_has_no_findings(path: Any) -> None:
    assert validate_definition(read_document(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("path", "value", "at", "code"),
    [
        ("format", 2, "#/format", "const"),
        ("colour", "red", "#", "unknown-field"),
        ("key", "Car Park", "#/key", "pattern"),
        ("key", "car-park\n", "#/key", "pattern"),
        ("name", 7, "#/name", "type"),
        ("kinds/bay/name", "", "#/kinds/bay/name", "min-length"),
        ("kinds/deck/contains/bay/max", -1, "#/kinds/deck/contains/bay/max", "minimum"),
        ("kinds/Bay", {"name": "Bay"}, "#/kinds", "bad-name"),
        ("parameters/decks/schema/$ref", "#", "#/parameters/decks/schema", "unknown-field"),
        ("parameters/decks/schema/pattern", "(a+)+", "#/parameters/decks/schema", "unknown-field"),
        (f"{DECK}/count", -1, f"#/{DECK}/count", "minimum"),
        (f"{DECK}/count", {"parameter": 4}, f"#/{DECK}/count/parameter", "type"),
        ("views/bays/rule", {"kinds": ["bay"], "not": {}}, "#/views/bays/rule", "max-properties"),
    ],
)
def test_departure_from_the_schema_is_found(path: str, value: object, at: str, code: str) -> None:
    assert (at, code) in found(changed(path, value))


@pytest.mark.parametrize("document", [None, 3, "text", [], {}])
def test_what_is_no_definition_at_all_is_refused(document: object) -> None:
    assert validate_definition(document)


@pytest.mark.parametrize(
    ("path", "value", "at", "code"),
    [
        ("kinds/garage/root", False, "#/kinds", "no-root-kind"),
        ("kinds/deck/contains/wing", {}, "#/kinds/deck/contains/wing", "unknown-kind"),
        ("kinds/roof", {"name": "Roof"}, "#/kinds/roof", "unreachable-kind"),
        ("kinds/bay/contains", {"deck": {}}, "#/kinds/bay/contains", "containment-cycle"),
        ("kinds/bay/contains", {"bay": {}}, "#/kinds/bay/contains", "containment-cycle"),
        (
            "kinds/garage/contains/deck",
            {"min": 3, "max": 2},
            "#/kinds/garage/contains/deck",
            "impossible-cardinality",
        ),
        (
            "kinds/deck/contains/bay",
            {"max": 0},
            "#/kinds/deck/contains/bay",
            "impossible-cardinality",
        ),
        (
            "kinds/deck/slots/charger/max",
            1,
            None,
            None,
        ),
        (
            "kinds/deck/slots/charger",
            {"name": "Charger", "min": 2, "max": 1},
            "#/kinds/deck/slots/charger",
            "impossible-cardinality",
        ),
    ],
)
def test_wrong_kinds_are_found(path: str, value: object, at: str | None, code: str | None) -> None:
    findings = found(changed(path, value))

    assert findings == set() if at is None else (at, code) in findings


@pytest.mark.parametrize(
    ("path", "value", "at", "code"),
    [
        ("parameters/decks/default", "two", "#/parameters/decks/default", "type"),
        ("parameters/decks/example", 0, "#/parameters/decks/example", "minimum"),
        ("parameters/ramps", {"schema": {}}, "#/parameters/ramps", "unused-parameter"),
        ("parameters/ramps", {"schema": {}}, "#/parameters/ramps", "parameter-without-example"),
        (f"{BAY}/count", {"parameter": "bays"}, f"#/{BAY}/count/parameter", "undefined-parameter"),
        (f"{BAY}/name", "{parameters.town}", f"#/{BAY}/name", "undefined-parameter"),
    ],
)
def test_wrong_parameters_are_found(path: str, value: object, at: str, code: str) -> None:
    assert (at, code) in found(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "at", "code"),
    [
        (f"{BAY}/kind", "stall", f"#/{BAY}/kind", "unknown-kind"),
        (f"{BAY}/kind", "garage", f"#/{BAY}/kind", "containment-not-allowed"),
        ("layout/0/kind", "bay", "#/layout/0/kind", "not-a-root-kind"),
        (f"{BAY}/name", "Bay {bay", f"#/{BAY}/name", "bad-pattern"),
        (f"{BAY}/name", "Bay {bay.__class__}", f"#/{BAY}/name", "unknown-variable"),
        (f"{BAY}/name", "Bay {0}", f"#/{BAY}/name", "bad-pattern"),
        (f"{BAY}/name", "Bay {bay:roman}", f"#/{BAY}/name", "unknown-style"),
        (f"{BAY}/key", "bay", f"#/{BAY}/key", "duplicate-key"),
        (f"{BAY}/key", "{site}-{bay}", f"#/{BAY}/key", "unknown-variable"),
        (f"{BAY}/index", "deck", f"#/{BAY}/index", "repeated-index"),
        (
            f"{BAY}/count",
            {"parameter": "decks", "per": "wing"},
            f"#/{BAY}/count/per",
            "unknown-row",
        ),
        (f"{BAY}/properties", {"long": True}, f"#/{BAY}/properties/long", "unknown-property"),
        (f"{BAY}/properties", {"wide": "no"}, f"#/{BAY}/properties/wide", "type"),
        (
            f"{BAY}/properties",
            {"wide": {"index": "x"}},
            f"#/{BAY}/properties/wide",
            "unknown-variable",
        ),
        ("parameters/decks/default", 12, "#/layout", "layout-breaks-cardinality"),
        (f"{BAY}/count", 30_000, "#/layout", "too-many-spaces"),
        (f"{DECK}/children", [{"kind": "bay", "name": "Bay"}] * 2, "#/layout", "duplicate-key"),
    ],
)
def test_wrong_layout_is_found(path: str, value: object, at: str, code: str) -> None:
    assert (at, code) in found(changed(path, value))


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"properties": {"wide": 7}}, "view-never-matches"),
        ({"all": [{"status": ["online"]}, {"kinds": ["bay"]}]}, "view-never-matches"),
        ({"all": [{"kinds": ["bay"]}, {"kinds": ["deck"]}]}, "view-never-matches"),
        ({"all": [{"kinds": ["bay"]}, {"categories": ["charger"]}]}, "view-never-matches"),
        ({"all": [{"categories": ["charger"]}, {"categories": ["lamp"]}]}, "view-never-matches"),
        ({"all": [{"kinds": ["bay"]}, {"not": {"kinds": ["bay"]}}]}, "view-never-matches"),
        ({"all": [{"kinds": ["garage"]}, {"inside": {"kinds": ["deck"]}}]}, "view-never-matches"),
        ({"all": [{"kinds": ["bay"]}, {"properties": {"level": 1}}]}, "view-never-matches"),
        ({"all": [{"kinds": ["bay"]}, {"tags": {"system": "power"}}]}, "view-never-matches"),
    ],
)
def test_view_that_can_never_match_is_found(rule: dict[str, Any], code: str) -> None:
    assert ("#/views/bays/rule", code) in found(changed("views/bays/rule", rule))


@pytest.mark.parametrize(
    ("rule", "at", "code"),
    [
        ({"kinds": ["stall"]}, "kinds", "unknown-kind"),
        ({"properties": {"deep": True}}, "properties/deep", "unknown-property"),
        ({"inside": {"keys": ["garage/deck-9"]}}, "inside/keys", "unknown-member"),
        ({"not": {"outside": {"kinds": ["stall"]}}}, "not/outside/kinds", "unknown-kind"),
        (
            {"any": [{"kinds": ["bay"]}, {"all": [{"kinds": ["stall"]}]}]},
            "any/1/all/0/kinds",
            "unknown-kind",
        ),
    ],
)
def test_clause_that_names_what_is_not_there_is_pointed_at(
    rule: dict[str, Any], at: str, code: str
) -> None:
    assert found(changed("views/bays/rule", rule)) == {(f"#/views/bays/rule/{at}", code)}


@pytest.mark.parametrize(
    "rule",
    [
        {"any": [{"kinds": ["bay"]}, {"categories": ["charger"]}]},
        {"all": [{"categories": ["charger"]}, {"not": {"inside": {"kinds": ["bay"]}}}]},
        {"all": [{"tags": {"system": "power"}}, {"categories": ["charger"]}]},
        {"all": [{"kinds": ["bay"]}, {"inside": {"keys": ["garage/deck-1"]}}]},
    ],
)
def test_view_that_can_match_is_left_alone(rule: dict[str, Any]) -> None:
    assert found(changed("views/bays/rule", rule)) == set()


def test_unknown_member_of_a_view_is_found() -> None:
    document = changed("views/bays/members", ["garage/deck-1", "garage/deck-7"])

    assert found(document) == {("#/views/bays/members/1", "unknown-member")}


def test_relationship_between_unknown_kinds_is_found() -> None:
    document = changed("relationships/feeds/to", {"spaces": ["stall"], "views": ["lots"]})

    assert found(document) == {
        ("#/relationships/feeds/to/spaces", "unknown-kind"),
        ("#/relationships/feeds/to/views", "unknown-view"),
    }


def test_bottomless_document_is_refused_without_recursion() -> None:
    document: dict[str, Any] = {}
    place = document
    for _ in range(10_000):
        place["not"] = {}
        place = place["not"]

    assert [one.code for one in validate_definition(document)] == ["too-deep"]


def test_findings_name_the_way_round_a_cycle() -> None:
    findings = validate_definition(changed("kinds/bay/contains", {"deck": {}}))

    assert any("deck > bay > deck" in one.detail for one in findings)


def test_wrong_definition_is_refused_with_its_findings() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        checked_definition(changed("name", ""))

    assert [one.pointer for one in caught.value.findings] == ["#/name"]
    assert isinstance(caught.value.findings[0], Finding)
