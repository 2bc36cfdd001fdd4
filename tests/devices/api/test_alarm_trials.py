"""``alarm-rules/preview/``: what a rule would raise, as far as the asker may read."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Organisation, User
from devices.models import Alarm, AlarmRule, AlarmWatch, Device
from tests.devices.alarms.conftest import send, space_of
from tests.devices.factories import make_device
from tests.factories import make_b2c_user
from tests.problems import assert_problem
from tests.twin.factories import make_occupancy, make_site, make_space

pytestmark = pytest.mark.django_db
Client = Callable[..., APIClient]
URL = "/api/v1/alarm-rules/preview/"


@pytest.fixture
def device(organisation: Organisation) -> Device:
    site = make_site(organisation)
    return make_device(organisation, site=site, space=make_space(site))


def body(device: Device, **overrides: Any) -> dict[str, Any]:
    """Return the body of a rule about the device."""
    about = {"scope": "device", "target": str(device.pk), "name": "Too much power"}
    return {**about, "condition": "above", "point": "active_power", "limit": 100, **overrides}


def test_it_says_what_is_wrong_now_and_what_was(device: Device, bob: User, as_: Client) -> None:
    days_ago = timezone.now() - timedelta(days=3)
    send(device, 50.0, 150.0, 50.0, at=days_ago)
    send(device, 50.0, 160.0)

    found = as_(bob).post(URL, body(device)).json()

    assert (found["watched"], found["evaluated"], found["hidden"]) == (1, 1, 0)
    assert [one["value"] for one in found["now"]] == [160.0]
    assert [(one["value"], one["ended_at"] is None) for one in found["alarms"]] == [
        *((160.0, True), (150.0, False))
    ]


def test_it_leaves_nothing_behind(device: Device, bob: User, as_: Client) -> None:
    send(device, 150.0)

    as_(bob).post(URL, body(device))

    assert [kind.objects.count() for kind in (AlarmRule, AlarmWatch, Alarm)] == [0, 0, 0]


@pytest.mark.parametrize(("overrides", "raised"), [({"delay_s": 61}, 0), ({"delay_s": 60}, 1)])
def test_delay_counts_as_it_would(
    device: Device, bob: User, as_: Client, overrides: dict[str, Any], raised: int
) -> None:
    send(device, 150.0, 50.0)

    assert as_(bob).post(URL, body(device, **overrides)).json()["raised"] == raised


def test_consumption_is_tried_too(device: Device, bob: User, as_: Client) -> None:
    send(device, 10.0, 15.1, point="active_energy_import", step=timedelta(hours=2))
    given = {"condition": "consumption", "point": "active_energy_import", "period_s": 3600}

    over = as_(bob).post(URL, body(device, **given, limit=2.5)).json()
    below = as_(bob).post(URL, body(device, **given, limit=2.6)).json()

    assert (over["raised"], below["raised"]) == (1, 0)


def test_gaps_are_tried_too(device: Device, bob: User, as_: Client) -> None:
    send(device, 1.0, 2.0, 3.0, step=timedelta(hours=2))
    given = {"condition": "silence", "limit": None}

    found = as_(bob).post(URL, body(device, **given, period_s=7200)).json()
    fine = as_(bob).post(URL, body(device, **given, period_s=7201)).json()

    assert (found["raised"], len(found["now"]), fine["raised"]) == (2, 0, 0)


def test_days_are_tried_too(device: Device, bob: User, as_: Client) -> None:
    Device.objects.filter(pk=device.pk).update(created_at=timezone.now() - timedelta(days=30))

    found = as_(bob).post(URL, body(device, condition="completeness", limit=0.9)).json()

    assert (found["raised"], len(found["now"])) == (1, 1)


def test_landlord_tries_nothing_on_who_lives_there(device: Device, bob: User, as_: Client) -> None:
    make_occupancy(space_of(device), make_b2c_user())
    send(device, 150.0)

    found = as_(bob).post(URL, body(device)).json()

    assert (found["watched"], found["evaluated"], found["hidden"]) == (1, 0, 1)
    assert (found["now"], found["alarms"], found["raised"]) == ([], [], 0)


def test_it_needs_both_scopes(device: Device, bob: User, as_: Client) -> None:
    for scopes, missing in (
        (("alarms:write", "devices:read"), "readings:read"),
        (("readings:read", "devices:read"), "alarms:write"),
    ):
        refused = as_(bob, *scopes).post(URL, body(device))
        assert_problem(refused, HTTPStatus.FORBIDDEN, "scope-missing", scope=missing)


def test_viewer_and_stranger_try_nothing(
    device: Device, vera: User, charlie: User, as_: Client
) -> None:
    assert_problem(as_(vera).post(URL, body(device)), HTTPStatus.FORBIDDEN, "role-missing")
    refused = as_(charlie).post(URL, body(device))
    assert_problem(refused, HTTPStatus.BAD_REQUEST, "validation", pointer="#/target")
