"""An undone plan leaves the building as it was, or says why it cannot."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Organisation
from config.lib.past import as_of
from tests.devices.factories import make_device
from tests.factories import make_b2c_user
from tests.twin.factories import (
    make_grant,
    make_occupancy,
    make_relationship,
    make_space,
    make_view,
)
from tests.twin.past import DAY_0, DAY_1, DAY_2, DAY_3, backdate, write_on
from tests.twin.planning.buildings import make_park, named, plan, state
from twin.errors import PlanNotUndoable
from twin.models import Grant, Site, Space
from twin.services.applying import apply_plan
from twin.services.spaces import change_space
from twin.services.undoing import undo_plan

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FEWER = {"parameters": {"decks": 1}}


@pytest.fixture
def park(organisation: Organisation) -> Site:
    return make_park(organisation)


def test_undone_upgrade_leaves_the_building_as_it_was(park: Site) -> None:
    change_space(named(park, "Bay 1.02"), name="Mine")
    before = state(park)

    undo_plan(apply_plan(plan(park)))

    assert state(park) == before


def test_removed_spaces_come_back_with_all_that_hung_on_them(park: Site) -> None:
    bay = named(park, "Bay 2.01")
    make_view(park, bay, name="Reserved")
    make_relationship(bay, named(park, "Bay 1.01"))
    grant = make_grant(bay, make_b2c_user())
    before = state(park)
    made = apply_plan(plan(park, "car-park@1", **FEWER))
    assert not Grant.objects.filter(pk=grant.pk).exists()

    undo_plan(made)

    assert state(park) == before
    assert Grant.objects.get(pk=grant.pk).user_id == grant.user_id


def test_devices_and_occupants_go_back(park: Site, organisation: Organisation) -> None:
    bay = named(park, "Bay 2.01")
    device = make_device(organisation, site=park, space=bay)
    tenant = make_b2c_user()
    lived = make_occupancy(bay, tenant)
    relocate = {"garage/deck-2": "garage/deck-1/bay-1"}
    made = apply_plan(plan(park, "car-park@1", relocate=relocate, **FEWER))

    undo_plan(made)

    device.refresh_from_db()
    before, meanwhile, now = tenant.occupancies.order_by("period")
    assert (before.pk, meanwhile.space) == (lived.pk, named(park, "Bay 1.01"))
    assert (device.space_id, now.space_id, now.ends_at) == (bay.pk, bay.pk, None)
    assert before.ends_at <= meanwhile.ends_at <= timezone.now()


def test_edge_whose_other_end_has_gone_stays_away(park: Site) -> None:
    own = make_space(park, named(park, "Deck 1"), kind="bay", name="Own")
    make_relationship(named(park, "Bay 2.01"), own)
    made = apply_plan(plan(park, "car-park@1", **FEWER))
    own.node.delete()

    undo_plan(made)

    assert named(park, "Bay 2.01").node.relationships_from.count() == 0


def test_edit_elsewhere_does_not_hinder(park: Site) -> None:
    made = apply_plan(plan(park))
    change_space(named(park, "Deck 1"), name="Ground")

    undo_plan(made)

    assert named(park, "Ground").template_key == "garage/deck-1"
    assert not park.spaces.filter(kind="place").exists()


def test_space_added_beside_gets_a_place_of_its_own(park: Site) -> None:
    made = apply_plan(plan(park, "car-park@1", **FEWER))
    make_space(park, named(park, "Park"), kind="deck", name="Roof")

    undo_plan(made)

    decks = park.spaces.filter(kind="deck").in_order()
    assert [deck.position for deck in decks] == [0, 1, 2]


def test_plan_that_is_not_applied_cannot_be_undone(park: Site) -> None:
    with pytest.raises(PlanNotUndoable, match="it is open, not applied"):
        undo_plan(plan(park))


def test_second_undo_is_refused(park: Site) -> None:
    made = undo_plan(apply_plan(plan(park)))

    with pytest.raises(PlanNotUndoable, match="it is undone"):
        undo_plan(made)


def test_newer_plan_must_be_undone_first(park: Site) -> None:
    before = state(park)
    first = apply_plan(plan(park))
    second = apply_plan(plan(park, "", parameters={"decks": 3}))

    with pytest.raises(PlanNotUndoable, match="a newer plan was applied"):
        undo_plan(first)

    undo_plan(second)
    undo_plan(first)
    assert state(park) == before


def test_edit_of_what_it_wrote_hinders(park: Site) -> None:
    made = apply_plan(plan(park))
    change_space(named(park, "Bay 1.01"), name="Taken")

    with pytest.raises(PlanNotUndoable, match="what it wrote has been changed"):
        undo_plan(made)


def test_device_in_what_it_made_hinders(park: Site, organisation: Organisation) -> None:
    made = apply_plan(plan(park))
    make_device(organisation, site=park, space=named(park, "Bay 1.04"))

    with pytest.raises(PlanNotUndoable, match="which it made, has 1 device"):
        undo_plan(made)


def test_space_inside_of_what_it_made_hinders(park: Site) -> None:
    made = apply_plan(plan(park, "car-park@1", parameters={"decks": 3}))
    make_space(park, named(park, "Deck 3"), kind="bay", name="Corner")

    with pytest.raises(PlanNotUndoable, match="Corner was put into what it made"):
        undo_plan(made)


def test_what_comes_back_was_away_in_between(park: Site) -> None:
    bay = backdate(named(park, "Bay 2.01"))
    backdate(bay.node.as_space.site)
    view = backdate(make_view(park, bay, name="Reserved"))
    backdate(view.members.get())
    write_on(DAY_1)
    made = apply_plan(plan(park, "car-park@1", **FEWER))
    write_on(DAY_2)
    undo_plan(made)
    write_on(DAY_3)
    change_space(bay, name="Renamed")

    def then(moment: datetime) -> list[str]:
        with as_of(moment):
            found = Space.objects.filter(pk=bay.pk, node__view_members__view=view)
            return list(found.values_list("name", flat=True))

    assert [then(day + HOUR) for day in (DAY_0, DAY_1, DAY_2)] == [["Bay 2.01"], [], ["Bay 2.01"]]
    assert then(DAY_3 + HOUR) == ["Renamed"]
    assert Space.objects.get(pk=bay.pk).created_at == bay.created_at
