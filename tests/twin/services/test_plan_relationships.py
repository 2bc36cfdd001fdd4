"""A version that drops or narrows a relationship: told, chosen, removed, brought back."""

from typing import Any

import pytest

from accounts.models import Organisation
from tests.devices.factories import make_device
from tests.twin.definitions.documents import car_park
from tests.twin.factories import make_relationship, make_version
from tests.twin.planning.buildings import make_park, named, plan, state
from twin.errors import PlanOutdated
from twin.models import Plan, Relationship, Site
from twin.services.applying import apply_plan
from twin.services.spaces import delete_space
from twin.services.undoing import undo_plan

pytestmark = pytest.mark.django_db
CONFLICT = "relationships/feeds#removal"


@pytest.fixture
def park(organisation: Organisation) -> Site:
    """A park where a device feeds two bays; version 3 has no such relationship."""
    site = make_park(organisation)
    device = make_device(organisation, site=site)
    for bay in ("Bay 1.01", "Bay 2.03"):
        make_relationship(device.node, named(site, bay).node, kind="feeds")
    document = car_park()
    del document["relationships"]
    make_version(organisation, definition=document, number=3)
    return site


def refused(made: Plan) -> list[dict[str, Any]]:
    return [one for one in made.changes if one["action"] == "refuse"]


def test_dropped_relationship_is_a_conflict_with_what_it_joins(park: Site) -> None:
    (one,) = refused(plan(park, "car-park@3"))

    assert (one["noun"], one["kind"], one["name"]) == ("relationship", "feeds", "2 × feeds")
    assert (one["conflict"], one["choices"]) == (CONFLICT, ["keep-local", "take-template"])
    assert one["reason"].startswith(
        "The template has no relationship feeds any more, but 2 stand here (device "
    )
    assert "→ Bay 1.01" in one["reason"]


def test_template_s_choice_removes_the_edges_and_undo_brings_them_back(park: Site) -> None:
    before = state(park)

    made = apply_plan(plan(park, "car-park@3", choices={CONFLICT: "take-template"}))

    assert made.summary == {"remove": 2}
    assert not Relationship.objects.exists()
    undo_plan(made)
    assert state(park) == before
    assert Relationship.objects.count() == 2


def test_local_choice_leaves_the_edges(park: Site) -> None:
    made = apply_plan(plan(park, "car-park@3", choices="keep-local"))

    assert made.summary == {}
    assert Relationship.objects.count() == 2


def test_edge_that_goes_with_its_space_is_no_conflict(park: Site) -> None:
    delete_space(named(park, "Bay 1.01"))

    made = plan(park, "car-park@3", parameters={"decks": 1})

    assert refused(made) == []
    assert made.summary == {"remove": 4}


def test_edge_made_since_the_plan_outdates_it(park: Site) -> None:
    made = plan(park, "car-park@3", choices={CONFLICT: "take-template"})
    device = Relationship.objects.all()[0].source
    make_relationship(device, named(park, "Bay 1.02").node, kind="feeds")

    with pytest.raises(PlanOutdated, match="relationship of a type that goes"):
        apply_plan(made)


def test_relationship_that_joins_less_is_a_conflict_where_it_joins_more(
    park: Site, organisation: Organisation
) -> None:
    document = car_park()
    document["relationships"]["feeds"]["to"] = {"spaces": ["deck"]}
    make_version(organisation, definition=document, number=4)
    make_relationship(
        Relationship.objects.all()[0].source, named(park, "Deck 1").node, kind="feeds"
    )

    (one,) = refused(plan(park, "car-park@4"))

    assert one["name"] == "2 × feeds"
    assert one["reason"].startswith("The template lets feeds join other things now, but 2 stand")


def test_renamed_kind_keeps_its_relationships(park: Site) -> None:
    assert refused(plan(park, "car-park@2")) == []
