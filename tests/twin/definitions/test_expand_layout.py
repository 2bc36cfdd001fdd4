"""A layout becomes spaces: keys, names, positions, numbers, bounds."""

from typing import Any

import pytest

from tests.twin.definitions.documents import changed, shipped
from twin.definitions.findings import UnfitParameters
from twin.definitions.format import parse_definition
from twin.definitions.layout import PlannedSpace, cardinality_faults, expand_layout
from twin.definitions.parameters import resolve_parameters


def build(template: str, **given: Any) -> list[PlannedSpace]:
    """Return the spaces of a shipped template with these parameters."""
    definition = shipped(template)
    parameters = resolve_parameters(definition, given)
    return expand_layout(definition, parameters=parameters, site="Les Tilleuls")


def fault(template: str, **given: Any) -> tuple[str, str]:
    """Return pointer and code of the first fault in the parameters."""
    with pytest.raises(UnfitParameters) as caught:
        build(template, **given)
    return caught.value.findings[0].pointer, caught.value.findings[0].code


def test_collective_housing_has_every_space() -> None:
    spaces = build("collective-housing", staircases=2, floors=3, flats_per_floor=4)

    kinds = [space.kind for space in spaces]
    assert (kinds.count("staircase"), kinds.count("floor")) == (2, 6)
    assert (kinds.count("flat"), kinds.count("room")) == (24, 96)


def test_keys_tell_the_way_down() -> None:
    spaces = build("collective-housing", floors=2, flats_per_floor=3)

    keys = [space.key for space in spaces]
    assert "building/staircase-1/floor-2/flat-3/room-1" in keys
    assert len(set(keys)) == len(keys)


def test_parents_come_before_children() -> None:
    spaces = build("collective-housing", floors=2, flats_per_floor=2)

    seen: set[str | None] = {None}
    for space in spaces:
        assert space.parent in seen
        seen.add(space.key)


def test_positions_count_on_among_siblings() -> None:
    spaces = build("collective-housing", staircases=3, floors=1, flats_per_floor=1)

    beside = [space for space in spaces if space.parent == "building"]
    assert [space.position for space in beside] == list(range(len(beside)))


def test_names_follow_the_patterns() -> None:
    spaces = {one.key: one for one in build("collective-housing", floors=2, flats_per_floor=3)}

    flat = spaces["building/staircase-1/floor-2/flat-3"]
    assert spaces["building"].name == "Les Tilleuls"
    assert (flat.name, spaces[f"{flat.key}/room-2"].name) == ("Flat 2.3", "Kitchen")
    assert spaces["building/staircase-1"].name == "Staircase A"


def test_number_of_flats_may_differ_per_floor() -> None:
    spaces = build("collective-housing", floors=3, flats_per_floor=[4, 0, 2])

    flats = [space.parent for space in spaces if space.kind == "flat"]
    assert flats == ["building/staircase-1/floor-1"] * 4 + ["building/staircase-1/floor-3"] * 2


def test_running_number_becomes_a_property() -> None:
    spaces = build("connected-home", floors=2)

    assert [one.properties for one in spaces if one.kind == "floor"] == [{"level": 0}, {"level": 1}]


def test_connected_home_needs_no_parameters() -> None:
    kinds = [space.kind for space in build("connected-home")]

    assert kinds == ["home", "floor", *["room"] * 5]


def test_truth_parameter_adds_a_space() -> None:
    assert [one.key for one in build("connected-home", garden=True)][-1] == "home/garden-1"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"floors": 4}, ("#/parameters/flats_per_floor", "required")),
        ({"floors": "4", "flats_per_floor": 1}, ("#/parameters/floors", "type")),
        ({"floors": 0, "flats_per_floor": 1}, ("#/parameters/floors", "minimum")),
        ({"floors": True, "flats_per_floor": 1}, ("#/parameters/floors", "type")),
        ({"floors": 1, "flats_per_floor": [1, 2]}, ("#/parameters/flats_per_floor", "one-per-row")),
        ({"floors": 1, "flats_per_floor": [-1]}, ("#/parameters/flats_per_floor/0", "minimum")),
        ({"floors": 1, "lifts": 1}, ("#/parameters/lifts", "unknown-parameter")),
        ({"floors": 200, "flats_per_floor": 1000}, ("#/parameters", "too-many-spaces")),
    ],
)
def test_wrong_parameter_is_named(given: dict[str, Any], expected: tuple[str, str]) -> None:
    assert fault("collective-housing", **given) == expected


def test_parameter_that_is_no_number_of_spaces_is_refused() -> None:
    document = changed("parameters/decks/schema", {"type": "number"})
    definition = parse_definition(document)

    with pytest.raises(UnfitParameters) as caught:
        expand_layout(definition, parameters={"decks": 1.5}, site="")

    assert caught.value.findings[0].code == "not-a-count"


def test_endless_empty_rows_are_refused_too() -> None:
    deck = {"kind": "deck", "count": 0, "name": "Deck"}
    document = changed("layout/0/children", [deck] * 100)
    document["layout"][0] |= {"count": 30_000, "key": "garage-{garage}"}

    with pytest.raises(UnfitParameters) as caught:
        expand_layout(parse_definition(document), parameters={"decks": 1}, site="")

    assert caught.value.findings[0].code == "too-many-spaces"


def test_overlong_name_is_refused() -> None:
    definition = shipped("connected-home")

    with pytest.raises(UnfitParameters) as caught:
        expand_layout(definition, parameters=resolve_parameters(definition, {}), site="x" * 201)

    assert caught.value.findings[0].code == "name-too-long"


def test_broken_cardinality_is_told_with_the_space() -> None:
    definition = parse_definition(changed("kinds/garage/contains/deck", {"min": 1, "max": 2}))
    spaces = expand_layout(definition, parameters={"decks": 3}, site="")

    (broken,) = cardinality_faults(definition, spaces)

    assert str(broken) == "garage holds 3 × deck, allowed: 1 to 2"
