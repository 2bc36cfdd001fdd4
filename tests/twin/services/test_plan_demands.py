"""A version that asks for more: values set here are looked at again, new slots are told."""

from typing import Any

import pytest

from accounts.models import Organisation
from tests.twin.factories import make_version
from tests.twin.planning.buildings import lines, make_park, named, plan, renamed_bays, state
from twin.models import Plan, Site
from twin.services.applying import apply_plan
from twin.services.spaces import change_space, delete_space
from twin.services.undoing import undo_plan

pytestmark = pytest.mark.django_db
TIGHTER = {"schema": {"type": "integer", "maximum": 5}}


@pytest.fixture
def park(organisation: Organisation) -> Site:
    return make_park(organisation)


def version(organisation: Organisation, **kinds: Any) -> None:
    """Publish a version 3, like the first but for what kinds have."""
    document = renamed_bays()
    for kind, fields in kinds.items():
        document["kinds"][kind].update(fields)
    make_version(organisation, definition=document, number=3)


def refused(made: Plan) -> list[dict[str, Any]]:
    return [one for one in made.changes if one["action"] == "refuse"]


def test_local_value_that_the_new_schema_forbids_is_a_conflict(
    park: Site, organisation: Organisation
) -> None:
    change_space(named(park, "Bay 1.01"), properties={"wide": True})
    version(organisation, place={"properties": {"wide": {"schema": {"type": "string"}}}})

    (one,) = refused(plan(park, "car-park@3"))

    assert (one["code"], one["choices"]) == ("conflict", ["take-template"])
    assert one["conflict"] == "garage/deck-1/place-1#properties.wide"
    assert one["before"] == {"properties.wide": True}
    assert one["reason"].startswith("The template asks otherwise of wide now: ")


def test_local_value_of_a_property_that_is_gone_is_a_conflict(
    park: Site, organisation: Organisation
) -> None:
    change_space(named(park, "Bay 1.01"), properties={"wide": True})
    version(organisation, place={"properties": {}})

    (one,) = refused(plan(park, "car-park@3"))

    assert one["reason"].startswith("The template has no property wide of a place any more.")


def test_choice_of_the_template_drops_the_value_and_undo_brings_it_back(
    park: Site, organisation: Organisation
) -> None:
    change_space(named(park, "Bay 1.01"), properties={"wide": True})
    version(organisation, place={"properties": {}})
    before = state(park)

    made = apply_plan(plan(park, "car-park@3", choices="take-template"))

    assert named(park, "Bay 1.01").properties == {}
    assert ("Bay 1.01", "garage/deck-1/place-1") in lines(made, "change")
    undo_plan(made)
    assert state(park) == before


def test_keeping_what_does_not_fit_stays_refused(park: Site, organisation: Organisation) -> None:
    change_space(named(park, "Bay 1.01"), properties={"wide": True})
    version(organisation, place={"properties": {}})

    made = plan(park, "car-park@3", choices="keep-local")

    assert len(refused(made)) == 1


def test_value_that_fits_the_new_schema_stays(park: Site, organisation: Organisation) -> None:
    change_space(named(park, "Bay 1.01"), properties={"wide": True})
    version(organisation, place={"properties": {"wide": {"schema": {"const": True}}}})

    apply_plan(plan(park, "car-park@3"))

    assert named(park, "Bay 1.01").properties == {"wide": True}


def test_value_beyond_a_tighter_bound_shows_the_template_s_beside_it(
    park: Site, organisation: Organisation
) -> None:
    change_space(named(park, "Deck 1"), properties={"level": 7})
    version(organisation, deck={"properties": {"level": TIGHTER}})

    found = refused(plan(park, "car-park@3"))

    assert [one["name"] for one in found] == ["Deck 1"]
    assert found[0]["after"] == {"properties.level": 1}


def test_slots_that_come_and_go_are_told(park: Site, organisation: Organisation) -> None:
    meter = {"name": "Meter", "categories": ["electricity-meter"], "min": 1, "max": 1}
    version(organisation, place={"slots": {"meter": meter}}, deck={"slots": {}})

    made = plan(park, "car-park@3")

    assert "8 × Bay: new device slot Meter (exactly 1)." in made.notes
    assert "2 × Deck: no device slot Charger any more." in made.notes


def test_spaces_that_would_hold_too_few_are_told(park: Site, organisation: Organisation) -> None:
    delete_space(named(park, "Bay 2.03"))
    version(organisation, deck={"contains": {"place": {"min": 4}}})

    made = plan(park, "car-park@3")

    assert "1 × Deck: would hold fewer place than 4, such as Deck 2." in made.notes
