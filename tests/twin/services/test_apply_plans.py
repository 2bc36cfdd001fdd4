"""Applying a plan: once, in time, exactly; and what a plan carries over and costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organisation
from tests.devices.factories import make_device
from tests.twin.planning.buildings import make_park, named, plan, state
from tests.twin.trees import assert_whole
from twin.errors import PlanApplied, PlanExpired, PlanOutdated
from twin.models import Plan, Site, Space
from twin.services.applying import apply_plan
from twin.services.planning import Wish, make_plan
from twin.services.sites import build_site
from twin.services.spaces import change_space, delete_space


@pytest.fixture
def park(organisation: Organisation) -> Site:
    return make_park(organisation)


def test_second_apply_is_refused(park: Site) -> None:
    made = apply_plan(plan(park))

    with pytest.raises(PlanApplied):
        apply_plan(made)


def test_expired_plan_is_refused(park: Site) -> None:
    made = plan(park)
    Plan.objects.filter(pk=made.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(PlanExpired):
        apply_plan(made)


def test_plan_that_the_building_outran_says_what_changed(park: Site) -> None:
    made = plan(park)
    change_space(named(park, "Bay 1.01"), name="Taken")
    delete_space(named(park, "Bay 2.03"))
    before = state(park)

    with pytest.raises(PlanOutdated) as refused:
        apply_plan(made)

    assert refused.value.data["changed"] == {
        "added": [],
        "removed": ["Bay 2.03"],
        "changed": ["Taken"],
    }
    assert state(park) == before


def test_device_that_came_meanwhile_makes_a_removal_outdated(
    park: Site, organisation: Organisation
) -> None:
    made = plan(park, "car-park@1", parameters={"decks": 1})
    make_device(organisation, site=park, space=named(park, "Bay 2.01"))

    with pytest.raises(PlanOutdated, match="1 device came into a space"):
        apply_plan(made)


def test_explicit_building_is_planned_by_keys_and_ids(park: Site) -> None:
    bay = named(park, "Bay 1.01")
    garage = {"key": "garage", "kind": "garage", "name": "Park"}
    deck = {"key": "deck-1", "kind": "deck", "name": "Ground"}
    taken = {"id": str(bay.pk), "key": "vip", "kind": "bay", "name": "VIP"}
    spec = {"spaces": [{**garage, "children": [{**deck, "children": [taken]}]}]}

    apply_plan(make_plan(park, Wish(spec=spec)))

    bay.refresh_from_db()
    assert (bay.name, bay.template_key) == ("VIP", "garage/deck-1/vip")
    assert Space.objects.filter(site=park).count() == 3
    assert_whole(park)


def test_exceptions_are_carried_over_to_the_new_keys(organisation: Organisation) -> None:
    exceptions = {"garage/deck-1/bay-2": {"name": "Charging", "properties": {"wide": True}}}
    park = make_park(organisation, exceptions=exceptions)

    apply_plan(plan(park))

    bay = named(park, "Charging")
    assert (bay.kind, bay.properties) == ("place", {"wide": True})
    park.refresh_from_db()
    assert list(park.declaration.exceptions) == ["garage/deck-1/place-2"]


def test_number_of_queries_does_not_grow_with_the_building(organisation: Organisation) -> None:
    small, large = make_park(organisation), make_park_of(organisation, decks=9)

    counts = [queries_of(site) for site in (small, large)]

    assert counts[0] == counts[1]
    assert max(counts[0]) <= 45


def make_park_of(organisation: Organisation, *, decks: int) -> Site:
    site, _ = build_site(
        organisation=organisation.pk,
        name="Big",
        template="car-park@1",
        parameters={"decks": decks},
    )
    return site


def queries_of(site: Site) -> tuple[int, int]:
    """Return how many queries planning and applying an upgrade cost."""
    with CaptureQueriesContext(connection) as planning:
        made = plan(site)
    with CaptureQueriesContext(connection) as applying:
        apply_plan(made)
    return len(planning), len(applying)
