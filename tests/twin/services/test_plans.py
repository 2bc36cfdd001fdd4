"""What a plan says of a building, and that applying it does exactly that."""

import pytest

from accounts.models import Organisation
from config.lib.errors import InvalidInput
from tests.devices.factories import make_device
from tests.factories import make_b2c_user
from tests.twin.definitions.documents import car_park
from tests.twin.factories import LONG_AGO, make_occupancy, make_space, make_version, make_view
from tests.twin.planning.buildings import lines, make_park, named, plan, state
from tests.twin.trees import assert_whole
from twin.errors import PlanRefused
from twin.models import Site, Space, View
from twin.services.applying import apply_plan
from twin.services.spaces import change_space, delete_space
from twin.services.views import change_view

pytestmark = pytest.mark.django_db


@pytest.fixture
def park(organisation: Organisation) -> Site:
    return make_park(organisation)


def test_upgrade_keeps_ids_and_follows_renamed_kinds(park: Site) -> None:
    bay = named(park, "Bay 1.02")

    made = apply_plan(plan(park))

    bay.refresh_from_db()
    assert (bay.kind, bay.template_key) == ("place", "garage/deck-1/place-2")
    assert lines(made, "create") == [
        ("Bay 1.04", "garage/deck-1/place-4"),
        ("Bay 2.04", "garage/deck-2/place-4"),
    ]
    assert str(Site.objects.get(pk=park.pk).template_version) == "car-park@2"
    assert_whole(park)


def test_plan_alone_changes_nothing(park: Site) -> None:
    before = state(park)

    plan(park)

    assert state(park) == before


def test_building_as_declared_needs_nothing(park: Site) -> None:
    made = plan(park, "car-park@1")

    assert (made.changes, made.summary) == ([], {})


def test_plan_without_parameters_takes_those_of_the_site(organisation: Organisation) -> None:
    park = make_park(organisation, parameters={"decks": 3})

    apply_plan(plan(park))

    park.refresh_from_db()
    assert park.parameters == {"decks": 3}
    assert Space.objects.filter(site=park, kind="deck").count() == 3


def test_local_name_stays_where_the_template_did_not_change_it(park: Site) -> None:
    change_space(named(park, "Bay 1.02"), name="For the doctor")

    apply_plan(plan(park))

    assert named(park, "For the doctor").kind == "place"


def test_what_was_removed_here_stays_away(park: Site) -> None:
    delete_space(named(park, "Bay 2.03"))

    made = apply_plan(plan(park))

    assert not Space.objects.filter(site=park, name="Bay 2.03").exists()
    assert "1 space of the template was removed here, and stays away." in made.notes


def test_name_changed_on_both_sides_is_a_conflict(park: Site, organisation: Organisation) -> None:
    document = car_park()
    document["layout"][0]["children"][0]["name"] = "Level {deck}"
    make_version(organisation, definition=document, number=3)
    change_space(named(park, "Deck 1"), name="Entrance")

    made = plan(park, "car-park@3")

    (refusal,) = [one for one in made.changes if one["action"] == "refuse"]
    assert refusal["conflict"] == "garage/deck-1#name"
    assert (refusal["before"], refusal["after"]) == ({"name": "Entrance"}, {"name": "Level 1"})
    with pytest.raises(PlanRefused):
        apply_plan(made)


@pytest.mark.parametrize(
    ("choices", "name"),
    [
        ("keep-local", "Entrance"),
        ("take-template", "Level 1"),
        ({"*": "keep-local", "garage/deck-1#name": "take-template"}, "Level 1"),
    ],
)
def test_choice_settles_a_conflict(
    park: Site, organisation: Organisation, choices: object, name: str
) -> None:
    document = car_park()
    document["layout"][0]["children"][0]["name"] = "Level {deck}"
    make_version(organisation, definition=document, number=3)
    deck = named(park, "Deck 1")
    change_space(deck, name="Entrance")

    apply_plan(plan(park, "car-park@3", choices=choices))

    deck.refresh_from_db()
    assert deck.name == name


def test_unknown_choice_is_refused(park: Site) -> None:
    with pytest.raises(InvalidInput) as refused:
        plan(park, choices={"garage/deck-1#name": "toss-a-coin"})

    assert refused.value.findings[0].pointer == "#/choices/garage~1deck-1#name"


def test_fewer_decks_remove_the_last_with_all_inside(park: Site) -> None:
    made = plan(park, "car-park@1", parameters={"decks": 1})

    assert [name for name, _ in lines(made, "remove")] == [
        *("Deck 2", "Bay 2.01", "Bay 2.02", "Bay 2.03"),
    ]
    apply_plan(made)
    assert Space.objects.filter(site=park).count() == 5
    assert_whole(park)


def test_space_with_a_device_is_not_removed(park: Site, organisation: Organisation) -> None:
    make_device(organisation, site=park, space=named(park, "Bay 2.01"))

    made = plan(park, "car-park@1", parameters={"decks": 1})

    (refusal,) = [one for one in made.changes if one["action"] == "refuse"]
    assert (refusal["code"], refusal["name"]) == ("occupied", "Deck 2")
    assert refusal["takes_with"]["devices"] == 1


def test_devices_and_occupants_go_where_they_are_sent(
    park: Site, organisation: Organisation
) -> None:
    device = make_device(organisation, site=park, space=named(park, "Bay 2.01"))
    tenant = make_b2c_user()
    make_occupancy(named(park, "Bay 2.02"), tenant)
    relocate = {"garage/deck-2": "garage/deck-1/bay-1"}

    apply_plan(plan(park, "car-park@1", parameters={"decks": 1}, relocate=relocate))

    device.refresh_from_db()
    stay = tenant.occupancies.get()
    assert {device.space_id, stay.space_id} == {named(park, "Bay 1.01").pk}
    assert stay.starts_at > LONG_AGO, "what others lived there before stays closed"
    assert device.placements.get(period__upper_inf=True).space_id == device.space_id


def test_removal_of_what_was_changed_here_is_a_conflict(park: Site) -> None:
    own = make_space(park, named(park, "Deck 2"), kind="bay", name="Bikes")

    made = plan(park, "car-park@1", parameters={"decks": 1})
    kept = plan(park, "car-park@1", parameters={"decks": 1}, choices="keep-local")

    assert [one["conflict"] for one in made.changes] == ["garage/deck-2#removal"]
    assert kept.changes == []
    apply_plan(plan(park, "car-park@1", parameters={"decks": 1}, choices="take-template"))
    assert not Space.objects.filter(pk=own.pk).exists()


def test_removal_tells_what_it_takes_with_it(park: Site) -> None:
    make_view(park, named(park, "Bay 2.01"), name="Reserved")

    made = plan(park, "car-park@1", parameters={"decks": 1})

    top = next(one for one in made.changes if one["name"] == "Deck 2")
    assert top["takes_with"] == {"views": 1, "spaces": 3}


def test_kind_that_is_gone_but_used_here_is_refused(park: Site, organisation: Organisation) -> None:
    document = car_park()
    document["kinds"]["deck"]["contains"]["box"] = {}
    document["kinds"]["box"] = {"name": "Box"}
    make_version(organisation, definition=document, number=3)
    apply_plan(plan(park, "car-park@3"))
    make_space(Site.objects.get(pk=park.pk), named(park, "Deck 1"), kind="box", name="Tools")

    made = plan(park, "car-park@1")

    assert [(one["code"], one["name"]) for one in made.changes] == [("unknown-kind", "Tools")]


def test_rule_written_here_names_the_kind_as_it_is_called_now(park: Site) -> None:
    own = make_view(park, name="Mine", rule={"all": [{"kinds": ["bay"]}]})

    apply_plan(plan(park))

    assert View.objects.get(pk=own.pk).rule == {"all": [{"kinds": ["place"]}]}


def test_view_changed_here_stays_as_it_is(park: Site) -> None:
    change_view(View.objects.get(site=park, template_key="bays"), name="Parking")

    apply_plan(plan(park))

    view = View.objects.get(site=park, template_key="bays")
    assert (view.name, view.rule) == ("Parking", {"kinds": ["place"]})
