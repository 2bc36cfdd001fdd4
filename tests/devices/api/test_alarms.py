"""``alarms/``: who sees which, with which value, and who acknowledges."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Organisation, User
from devices.models import Alarm, Device
from integrations.models import Event
from tests.devices.alarms.conftest import look, send, space_of, start
from tests.devices.factories import make_alarm, make_device, make_rule, make_type
from tests.factories import make_b2c_user
from tests.problems import assert_problem
from tests.twin.factories import make_grant, make_occupancy, make_site, make_space

pytestmark = pytest.mark.django_db
Client = Callable[..., APIClient]
URL = "/api/v1/alarms/"


@pytest.fixture
def device(organisation: Organisation) -> Device:
    site = make_site(organisation)
    return make_device(organisation, site=site, space=make_space(site, name="Flat"))


def seen(client: APIClient, query: str = "") -> list[dict[str, Any]]:
    """Return the alarms that a client lists."""
    return list(client.get(f"{URL}{query}").json()["results"])


def test_alarm_is_shown_with_its_value_and_unit(device: Device, bob: User, as_: Client) -> None:
    start(make_rule(device, name="Too much"))
    send(device, 150.0)
    look()

    (shown,) = seen(as_(bob))

    assert (shown["name"], shown["status"], shown["severity"]) == ("Too much", "raised", "warning")
    assert (shown["value"], shown["unit"], shown["point"]) == (150.0, "W", "active_power")
    assert (shown["device"], shown["gateway"]) == (str(device.pk), None)
    assert shown["space"] == str(device.space_id)


def test_landlord_learns_nothing_measured_of_a_flat_that_is_lived_in(
    device: Device, bob: User, as_: Client
) -> None:
    occupant = make_b2c_user()
    make_occupancy(space_of(device), occupant)
    start(make_rule(device))
    send(device, 150.0)
    look()
    alarm = Alarm.objects.get()

    assert seen(as_(bob)) == []
    assert_problem(as_(bob).get(f"{URL}{alarm.pk}/"), HTTPStatus.NOT_FOUND)
    assert_problem(as_(bob).post(f"{URL}{alarm.pk}/acknowledge/"), HTTPStatus.NOT_FOUND)
    assert [one["value"] for one in seen(as_(occupant))] == [150.0]


def test_landlord_learns_that_a_device_is_silent(device: Device, bob: User, as_: Client) -> None:
    make_occupancy(space_of(device), make_b2c_user())
    Device.objects.filter(pk=device.pk).update(last_seen_at=timezone.now() - timedelta(days=1))
    start(make_rule(device, condition="silence", period_s=3600))

    assert [one["condition"] for one in seen(as_(bob))] == ["silence"]


def test_landlord_learns_that_there_is_smoke_without_the_value(
    organisation: Organisation, device: Device, bob: User, as_: Client
) -> None:
    make_occupancy(space_of(device), make_b2c_user())
    kind = make_type(category="smoke-detector")
    detector = make_device(organisation, type=kind, site=device.site, space=device.space)
    start(make_rule(detector))
    send(detector, 150.0)
    look()

    assert [(one["device"], one["value"]) for one in seen(as_(bob))] == [(str(detector.pk), None)]


def test_policy_raw_shows_the_keepers_all(device: Device, bob: User, as_: Client) -> None:
    make_occupancy(space_of(device), make_b2c_user())
    assert device.site is not None
    device.site.occupied_view = "raw"
    device.site.save()
    make_alarm(device)

    assert [one["value"] for one in seen(as_(bob))] == [120.0]


def test_successor_sees_no_alarm_of_before(device: Device, as_: Client) -> None:
    begun = timezone.now() - timedelta(days=10)
    first, second = make_b2c_user(), make_b2c_user()
    moved = timezone.now() - timedelta(days=5)
    make_occupancy(space_of(device), first, since=begun - timedelta(days=1), until=moved)
    make_occupancy(space_of(device), second, since=moved)
    alarm = make_alarm(device, began_at=begun)
    over = {"status": "cleared", "cleared_at": begun + timedelta(days=1)}
    Alarm.objects.filter(pk=alarm.pk).update(**over)

    assert [one["id"] for one in seen(as_(first))] == [str(alarm.pk)]
    assert seen(as_(second)) == []


def test_alarm_that_outlasts_an_occupancy_tells_the_former_occupant_nothing(
    device: Device, as_: Client
) -> None:
    former, moved = make_b2c_user(), timezone.now() - timedelta(days=5)
    make_occupancy(space_of(device), former, since=moved - timedelta(days=9), until=moved)
    make_alarm(device, began_at=moved - timedelta(days=1))

    assert seen(as_(former)) == []


def test_grant_on_another_space_shows_no_alarm(device: Device, as_: Client) -> None:
    assert device.site is not None
    visitor = make_b2c_user()
    make_grant(make_space(device.site, name="Cellar"), visitor)
    make_alarm(device)

    assert seen(as_(visitor)) == []


def test_stranger_finds_no_alarm(device: Device, charlie: User, as_: Client) -> None:
    alarm = make_alarm(device)

    assert seen(as_(charlie)) == []
    assert_problem(as_(charlie).get(f"{URL}{alarm.pk}/"), HTTPStatus.NOT_FOUND)
    assert_problem(as_(charlie).post(f"{URL}{alarm.pk}/acknowledge/"), HTTPStatus.NOT_FOUND)


def test_alarm_is_acknowledged_by_name_and_with_a_word(
    device: Device, bob: User, as_: Client
) -> None:
    alarm = make_alarm(device)

    response = as_(bob).post(f"{URL}{alarm.pk}/acknowledge/", {"comment": "On the way."})

    shown = response.json()
    assert (response.status_code, shown["status"]) == (HTTPStatus.OK, "acknowledged")
    assert (shown["acknowledged_by"], shown["comment"]) == (str(bob.pk), "On the way.")
    entry = AuditEntry.objects.filter(object_type="alarm").latest("pk")
    assert (entry.action, entry.user_id) == ("updated", bob.pk)


def test_who_acknowledged_first_stays(device: Device, alice: User, bob: User, as_: Client) -> None:
    alarm = make_alarm(device)
    as_(bob).post(f"{URL}{alarm.pk}/acknowledge/", {"comment": "Mine."})

    again = as_(alice).post(f"{URL}{alarm.pk}/acknowledge/", {"comment": "No, mine."})

    assert again.status_code == HTTPStatus.OK
    assert (again.json()["acknowledged_by"], again.json()["comment"]) == (str(bob.pk), "Mine.")


def test_alarm_that_is_over_cannot_be_acknowledged(device: Device, bob: User, as_: Client) -> None:
    alarm = make_alarm(device)
    Alarm.objects.filter(pk=alarm.pk).update(status="cleared", cleared_at=timezone.now())

    response = as_(bob).post(f"{URL}{alarm.pk}/acknowledge/")

    assert_problem(response, HTTPStatus.CONFLICT, "alarm-cleared", alarm=str(alarm.pk))


def test_viewer_sees_and_does_not_acknowledge(device: Device, vera: User, as_: Client) -> None:
    alarm = make_alarm(device)

    assert len(seen(as_(vera))) == 1
    refused = as_(vera).post(f"{URL}{alarm.pk}/acknowledge/")
    assert_problem(refused, HTTPStatus.FORBIDDEN, "role-missing")


def test_acknowledging_needs_its_scope(device: Device, bob: User, as_: Client) -> None:
    alarm = make_alarm(device)

    refused = as_(bob, "alarms:read").post(f"{URL}{alarm.pk}/acknowledge/")

    assert_problem(refused, HTTPStatus.FORBIDDEN, "scope-missing", scope="alarms:write")


def test_alarms_are_found_by_state_place_and_time(device: Device, bob: User, as_: Client) -> None:
    alarm = make_alarm(device)
    later = (timezone.now() + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    found = {
        "status=raised": 1,
        "status=cleared": 0,
        "severity=warning": 1,
        "severity=critical": 0,
        f"site={device.site_id}": 1,
        f"device={device.pk}": 1,
        f"rule={alarm.rule_id}": 1,
        f"since={later}": 0,
    }

    for query, count in found.items():
        assert len(seen(as_(bob), f"?{query}")) == count, query


def test_each_step_is_one_event(device: Device, bob: User, as_: Client) -> None:
    start(make_rule(device))
    send(device, 150.0)
    look()
    as_(bob).post(f"{URL}{Alarm.objects.get().pk}/acknowledge/")
    send(device, 50.0)
    look()

    events = Event.objects.filter(type__startswith="alarm.").order_by("pk")
    assert [event.type for event in events] == [
        *("alarm.raised", "alarm.acknowledged", "alarm.cleared")
    ]
    assert events[0].data["node"] == str(device.pk)
    assert "value" not in events[0].data
