"""Silence: of one device, of a gateway with all behind it, and who is told how often."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Organisation
from devices.models import Alarm, AlarmRule, AlarmWatch, Device, Gateway
from devices.services.alarm_evaluation import evaluate_due
from devices.services.alarm_marks import mark_behind
from devices.services.alarm_watches import clear_unfounded, sync_rule
from tests.devices.alarms.conftest import look, ripen, send, start
from tests.devices.factories import make_device, make_fleet, make_gateway, make_rule, make_type

pytestmark = pytest.mark.django_db
HOUR = 3600


def heard(minutes_ago: float, *devices: Device) -> None:
    """Let the devices have been heard of that long ago."""
    at = timezone.now() - timedelta(minutes=minutes_ago)
    Device.objects.filter(pk__in=[device.pk for device in devices]).update(last_seen_at=at)


def alarms() -> list[tuple[object, str]]:
    """Return whose alarms there are, and how they stand."""
    return list(Alarm.objects.order_by("pk").values_list("node", "status"))


def silence(thing: object, **overrides: object) -> AlarmRule:
    """Make a rule that a device must be heard of every hour."""
    return make_rule(thing, condition="silence", period_s=HOUR, **overrides)


@pytest.mark.parametrize(("minutes_ago", "is_raised"), [(59, False), (60, True)])
def test_device_is_silent_when_the_period_is_over(
    device: Device, minutes_ago: int, is_raised: bool
) -> None:
    heard(minutes_ago, device)

    start(silence(device))

    assert bool(alarms()) == is_raised


def test_device_never_heard_of_has_the_period_from_when_it_is_watched(device: Device) -> None:
    rule = start(silence(device))
    assert alarms() == []

    AlarmWatch.objects.filter(rule=rule).update(seen_until=timezone.now() - timedelta(hours=1))
    ripen(rule)

    assert alarms() == [(device.pk, "raised")]


def test_next_reading_clears(device: Device) -> None:
    heard(61, device)
    start(silence(device))

    send(device, 1.0)
    look()

    assert alarms() == [(device.pk, "cleared")]


def test_silence_of_one_point_is_not_broken_by_another(device: Device) -> None:
    long_ago = timezone.now() - timedelta(hours=2)
    send(device, 1.0, point="active_energy_import", at=long_ago)
    start(silence(device, point="active_energy_import"))
    assert alarms() == [(device.pk, "raised")]

    send(device, 1.0, point="active_power")
    look()
    assert alarms() == [(device.pk, "raised")]

    send(device, 2.0, point="active_energy_import")
    look()
    assert alarms() == [(device.pk, "cleared")]


def test_device_that_was_heard_is_only_due_later(device: Device) -> None:
    heard(30, device)
    rule = silence(device)
    sync_rule(rule)
    assert evaluate_due() == 0
    AlarmWatch.objects.filter(rule=rule).update(due_at=timezone.now())

    assert evaluate_due() == 1

    due: datetime | None = AlarmWatch.objects.get(rule=rule).due_at
    assert due is not None
    assert timedelta(minutes=29) < due - timezone.now() <= timedelta(minutes=30)
    assert evaluate_due() == 0


@pytest.fixture
def gateway(organisation: Organisation) -> Gateway:
    return make_gateway(organisation)


@pytest.fixture
def children(organisation: Organisation, gateway: Gateway) -> list[Device]:
    kind, fleet = make_type(), make_fleet(organisation)
    return [
        make_device(organisation, type=kind, gateway=gateway, name=f"{fleet.pk} {number}")
        for number in range(3)
    ]


@pytest.fixture
def rule(organisation: Organisation, children: list[Device]) -> AlarmRule:
    """Return a rule about the fleets of all children, one by one of the same organisation."""
    fleet = make_fleet(organisation)
    Device.objects.filter(pk__in=[child.pk for child in children]).update(fleet=fleet)
    return silence(fleet)


def test_gateway_that_drops_is_one_alarm(
    rule: AlarmRule, gateway: Gateway, children: list[Device]
) -> None:
    heard(61, *children)

    start(rule)

    assert alarms() == [(gateway.pk, "raised")]
    assert Alarm.objects.get().folded == 3


def test_children_that_fall_silent_one_after_the_other_join_the_same_alarm(
    rule: AlarmRule, gateway: Gateway, children: list[Device]
) -> None:
    heard(61, children[0])
    heard(45, *children[1:])
    start(rule)
    assert alarms() == [(gateway.pk, "raised")]

    heard(62, *children)
    ripen(rule)

    assert alarms() == [(gateway.pk, "raised")]
    assert Alarm.objects.get().folded == 3


def test_lone_device_that_fails_is_its_own_alarm(rule: AlarmRule, children: list[Device]) -> None:
    heard(1, *children)
    heard(61, children[0])

    start(rule)

    assert alarms() == [(children[0].pk, "raised")]


def test_gateway_known_to_be_offline_takes_even_one_device_with_it(
    organisation: Organisation, gateway: Gateway
) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(status="offline")
    device = make_device(organisation, gateway=gateway)
    heard(61, device)

    start(silence(device))

    assert alarms() == [(gateway.pk, "raised")]


def test_gateway_that_is_back_clears_and_gives_the_others_their_time(
    rule: AlarmRule, gateway: Gateway, children: list[Device]
) -> None:
    heard(61, *children)
    start(rule)

    send(children[0], 1.0)
    look()
    assert alarms() == [(gateway.pk, "cleared")]

    due = AlarmWatch.objects.get(rule=rule, device=children[1]).due_at
    assert due is not None
    assert due > timezone.now() + timedelta(minutes=59)


def test_device_that_stays_silent_behind_a_gateway_that_is_back_is_its_own_alarm(
    rule: AlarmRule, gateway: Gateway, children: list[Device]
) -> None:
    heard(61, *children)
    start(rule)
    send(children[0], 1.0)
    send(children[1], 1.0)
    look()

    ripen(rule)

    assert alarms() == [(gateway.pk, "cleared"), (children[2].pk, "raised")]


def test_contact_of_the_gateway_itself_clears(
    rule: AlarmRule, gateway: Gateway, children: list[Device]
) -> None:
    heard(61, *children)
    start(rule)
    Gateway.objects.filter(pk=gateway.pk).update(last_seen_at=timezone.now(), status="online")

    mark_behind([gateway.pk])
    look()

    assert alarms() == [(gateway.pk, "cleared")]


def test_gateway_behind_which_nothing_is_left_is_no_alarm(
    rule: AlarmRule, gateway: Gateway, children: list[Device]
) -> None:
    heard(61, *children)
    start(rule)
    Device.objects.filter(gateway=gateway).update(gateway=None)

    clear_unfounded()

    assert alarms() == [(gateway.pk, "cleared")]


def test_silence_in_a_mute_window_is_told_when_it_ends(device: Device) -> None:
    heard(61, device)
    always = [{"from": "00:00", "until": "00:00"}]
    rule = start(silence(device, mute=always))
    assert alarms() == []

    AlarmRule.objects.filter(pk=rule.pk).update(mute=[])
    ripen(rule)

    assert alarms() == [(device.pk, "raised")]


def test_rule_without_a_period_takes_that_of_each_type(organisation: Organisation) -> None:
    kinds = [make_type(offline_after_s=seconds) for seconds in (600, 7200)]
    quick, slow = (make_device(organisation, type=kind) for kind in kinds)
    heard(30, quick, slow)

    for device in (quick, slow):
        start(make_rule(device, condition="silence"))

    assert alarms() == [(quick.pk, "raised")]
