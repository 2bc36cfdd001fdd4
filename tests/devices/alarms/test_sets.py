"""Evaluation works set-wise: what it costs does not grow with the devices; who hears of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation, User
from devices.models import Alarm, AlarmMark, AlarmRule, AlarmWatch, Device, Fleet
from devices.services.alarm_evaluation import evaluate_marked
from devices.services.devices import update_device
from integrations.models import Event
from tests.devices.alarms.conftest import look, send, start
from tests.devices.factories import make_asset, make_device, make_fleet, make_rule, make_type
from tests.factories import make_b2c_user, make_principal
from tests.twin.factories import make_occupancy, make_site, make_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet(organisation: Organisation) -> Fleet:
    return make_fleet(organisation)


def add_device(fleet: Fleet) -> Device:
    """Add a device to the fleet, of the one type of the test."""
    kind = Device.objects.values_list("type", flat=True).first()
    asset = make_asset(fleet.organisation, fleet=fleet)
    if kind is None:
        return make_device(fleet.organisation, asset=asset, type=make_type())
    return make_device(fleet.organisation, asset=asset, type=Device.objects.all()[0].type)


def cost_of_look(devices: list[Device]) -> int:
    """Return how many queries it costs to raise an alarm for each device."""
    for device in devices:
        send(device, 150.0)
    with CaptureQueriesContext(connection) as captured:
        evaluate_marked()
    return len(captured)


def test_look_at_many_devices_costs_what_one_costs(fleet: Fleet) -> None:
    few = [add_device(fleet)]
    start(make_rule(fleet))
    one = cost_of_look(few)
    many = [add_device(fleet) for _ in range(10)]
    look()

    assert cost_of_look(many) == one
    assert Alarm.objects.count() == 11


def test_batch_leaves_marks_by_one_statement_and_none_where_no_rule_watches(
    fleet: Fleet,
) -> None:
    device = add_device(fleet)
    send(device, 0.0)  # That it is online again is news of its own.
    with CaptureQueriesContext(connection) as captured:
        send(device, 1.0, 2.0, 3.0)

    assert sum("devices_alarmmark" in query["sql"] for query in captured) == 1
    assert AlarmMark.objects.filter(is_moved=False).count() == 0


def test_device_that_comes_to_the_fleet_is_watched(fleet: Fleet) -> None:
    rule = start(make_rule(add_device(fleet)))
    AlarmRule.objects.filter(pk=rule.pk).update(scope="fleet", fleet=fleet, target=None)
    newcomer = add_device(fleet)
    look()

    assert AlarmWatch.objects.filter(rule=rule, device=newcomer).exists()


def test_device_that_leaves_the_site_clears_its_alarm(organisation: Organisation) -> None:
    site, elsewhere = make_site(organisation), make_site(organisation)
    device = make_device(organisation, site=site)
    send(device, 150.0)
    start(make_rule(site))
    assert Alarm.objects.get().status == "raised"

    move_to(device, elsewhere)
    look()

    assert Alarm.objects.get().clear_reason == "out_of_scope"
    assert not AlarmWatch.objects.exists()


def move_to(device: Device, site: object) -> None:
    """Move the device to a site."""
    update_device(device=device, changes={"site": site})


def test_rule_of_another_organisation_watches_nothing_of_this_one(fleet: Fleet) -> None:
    device = add_device(fleet)
    other = make_fleet(make_site().organisation or Organisation.objects.create(name="Other"))

    rule = start(make_rule(other))
    send(device, 150.0)
    look()

    assert not AlarmWatch.objects.filter(rule=rule).exists()
    assert not Alarm.objects.exists()


def test_events_of_measured_alarms_in_a_flat_are_for_its_occupants(
    organisation: Organisation, bob: User
) -> None:
    site = make_site(organisation)
    flat, occupant = make_space(site), make_b2c_user()
    make_occupancy(flat, occupant)
    device = make_device(organisation, site=site, space=flat)
    start(make_rule(device))
    send(device, 150.0)
    look()

    raised = Event.objects.filter(type="alarm.raised")
    assert raised.count() == 1
    assert not raised.visible_to(make_principal(organisation, user=bob)).exists()
    assert raised.visible_to(make_principal(user=occupant)).exists()
