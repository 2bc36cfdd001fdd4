"""What devices hang on a space that a plan removes is told, and comes back when it is undone."""

import pytest

from accounts.models import Organisation
from devices.models import Alarm, AlarmRule, MeteringPoint
from tests.devices.factories import make_alarm, make_device, make_metering_point, make_rule
from tests.twin.factories import make_view
from tests.twin.planning.buildings import make_park, named
from twin.models import Plan, Site
from twin.planning.text import describe
from twin.services.applying import apply_plan
from twin.services.removal_plans import plan_removal
from twin.services.undoing import undo_plan
from twin.services.views import delete_view

pytestmark = pytest.mark.django_db


@pytest.fixture
def park(organisation: Organisation) -> Site:
    return make_park(organisation)


def removal(park: Site, name: str = "Deck 2", move_to: str = "") -> Plan:
    target = named(park, move_to).pk if move_to else None
    return plan_removal(park, named(park, name).pk, move_to=target)


def test_metering_point_gets_its_space_back(park: Site) -> None:
    bay = named(park, "Bay 2.01")
    point = make_metering_point(site=park, space=bay)
    made = removal(park)
    assert "1 metering point stays without a space" in describe(made.changes[0])

    apply_plan(made)
    point.refresh_from_db()
    assert point.space_id is None
    undo_plan(made)

    was = point.updated_at
    point.refresh_from_db()
    assert point.space_id == bay.pk
    assert point.updated_at != was


def test_metering_point_that_has_another_space_by_now_keeps_it(park: Site) -> None:
    point = make_metering_point(site=park, space=named(park, "Bay 2.01"))
    made = apply_plan(removal(park))
    MeteringPoint.objects.filter(pk=point.pk).update(space=named(park, "Bay 1.01"))

    undo_plan(made)

    point.refresh_from_db()
    assert point.space_id == named(park, "Bay 1.01").pk


def test_rules_come_back_with_the_record_of_what_they_raised(
    park: Site, organisation: Organisation
) -> None:
    deck, elsewhere = named(park, "Deck 2"), named(park, "Bay 1.01")
    device = make_device(organisation, site=park, space=elsewhere)
    rule = make_rule(deck)
    alarm = make_alarm(device, rule)
    made = removal(park)
    assert made.changes[0]["takes_with"]["alarm_rules"] == 1

    apply_plan(made)
    alarm.refresh_from_db()
    assert (alarm.rule_id, alarm.cleared_at is None) == (None, False)
    undo_plan(made)

    back = AlarmRule.objects.get(pk=rule.pk)
    assert (back.target_id, back.synced_at) == (deck.pk, None)
    assert Alarm.objects.get(pk=alarm.pk).rule_id == rule.pk


def test_rule_about_a_device_goes_with_it_and_stays(park: Site, organisation: Organisation) -> None:
    bay, refuge = named(park, "Bay 2.01"), named(park, "Bay 1.01")
    rule = make_rule(make_device(organisation, site=park, space=bay))

    made = apply_plan(removal(park, move_to="Bay 1.01"))

    rule.refresh_from_db()
    assert rule.space_id == refuge.pk
    rule.delete()
    undo_plan(made)
    assert not AlarmRule.objects.exists()


def test_rule_about_a_view_ends_its_alarms_with_it(park: Site, organisation: Organisation) -> None:
    view = make_view(park)
    device = make_device(organisation, site=park)
    alarm = make_alarm(device, make_rule(view))

    delete_view(view)

    alarm.refresh_from_db()
    assert (alarm.rule_id, alarm.cleared_at is None) == (None, False)
