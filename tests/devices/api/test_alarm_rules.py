"""``alarm-rules/``: made, changed and deleted by those who may change what they watch over."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Organisation, User
from devices.models import Alarm, AlarmRule, Device
from devices.services.alarm_watches import sync_rule
from tests.devices.alarms.conftest import look, send
from tests.devices.factories import make_device, make_fleet, make_rule
from tests.problems import assert_problem
from tests.twin.factories import make_home, make_site, make_space, make_view

pytestmark = pytest.mark.django_db
Client = Callable[..., APIClient]
URL = "/api/v1/alarm-rules/"


@pytest.fixture
def device(organisation: Organisation) -> Device:
    site = make_site(organisation)
    return make_device(organisation, site=site, space=make_space(site))


def body(device: Device, **overrides: Any) -> dict[str, Any]:
    """Return the body of a rule about the device."""
    about = {"scope": "device", "target": str(device.pk), "name": "Too much power"}
    return {**about, "condition": "above", "point": "active_power", "limit": 100, **overrides}


def test_rule_is_made_and_shown(device: Device, bob: User, as_: Client) -> None:
    mute = [{"from": "22:00", "until": "06:00", "days": [1, 2]}]
    given = body(device, mute=mute, severity="critical", hysteresis=5, delay_s=300)

    response = as_(bob).post(URL, given)

    assert response.status_code == HTTPStatus.CREATED, response.json()
    shown = as_(bob).get(f"{URL}{response.json()['id']}/").json()
    assert shown | given | {"mute": shown["mute"]} == shown
    assert shown["mute"] == [{"from": "22:00:00", "until": "06:00:00", "days": [1, 2]}]
    assert (shown["site"], shown["is_enabled"]) == (str(device.site_id), True)


def test_rule_can_be_about_each_kind_of_thing(
    organisation: Organisation, device: Device, bob: User, as_: Client
) -> None:
    assert device.site is not None
    things: dict[str, Any] = {
        "site": device.site,
        "space": device.space,
        "view": make_view(device.site),
        "fleet": device.fleet,
        "device": device,
    }
    for scope, thing in things.items():
        given = body(device, scope=scope, target=str(thing.pk))
        assert as_(bob).post(URL, given).json().get("target") == str(thing.pk)

    assert AlarmRule.objects.filter(organisation=organisation).count() == len(things)


@pytest.mark.parametrize(
    ("overrides", "pointer"),
    [
        ({"limit": None}, "#/limit"),
        ({"point": ""}, "#/point"),
        ({"point": "nonsense"}, "#/point"),
        ({"point": "message"}, "#/point"),
        ({"condition": "falls", "limit": None}, "#/point"),
        ({"low": 3}, "#/low"),
        ({"condition": "range", "limit": None, "low": 1, "high": 2, "hysteresis": 0.6}, "#/high"),
        ({"condition": "silence", "point": "", "limit": None, "period_s": 59}, "#/period_s"),
        ({"condition": "completeness", "limit": 1.1}, "#/limit"),
        ({"condition": "completeness", "limit": 0.9, "delay_s": 86_400}, "#/delay_s"),
        ({"escalate_to": "critical"}, "#/escalate_to"),
        ({"mute": [{"from": "22:00"}]}, "#/mute/0/until"),
        ({"mute": [{"from": "25:00", "until": "06:00"}]}, "#/mute/0/from"),
        ({"nonsense": 1}, "#/nonsense"),
        ({"limit": "NaN"}, "#/limit"),
    ],
)
def test_rule_that_makes_no_sense_is_refused(
    device: Device, bob: User, as_: Client, overrides: dict[str, Any], pointer: str
) -> None:
    response = as_(bob).post(URL, body(device, **overrides))

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)
    assert not AlarmRule.objects.exists()


def test_things_of_others_do_not_exist(device: Device, charlie: User, as_: Client) -> None:
    response = as_(charlie).post(URL, body(device))

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/target")


def test_viewer_makes_no_rule(device: Device, vera: User, as_: Client) -> None:
    assert_problem(as_(vera).post(URL, body(device)), HTTPStatus.FORBIDDEN, "role-missing")


def test_it_needs_its_scopes(device: Device, bob: User, as_: Client) -> None:
    reader = as_(bob, "alarms:read", "devices:read")

    assert reader.get(URL).status_code == HTTPStatus.OK
    assert_problem(reader.post(URL, body(device)), HTTPStatus.FORBIDDEN, "scope-missing")
    refused = as_(bob, "devices:read").get(URL)
    assert_problem(refused, HTTPStatus.FORBIDDEN, "scope-missing", scope="alarms:read")


def test_stranger_finds_no_rule(device: Device, charlie: User, as_: Client) -> None:
    rule = make_rule(device)
    client = as_(charlie)

    assert client.get(URL).json()["results"] == []
    for ask in (client.get, client.patch, client.delete):
        assert_problem(ask(f"{URL}{rule.pk}/"), HTTPStatus.NOT_FOUND)


def test_owner_of_a_home_has_rules_of_their_own(dora: User, bob: User, as_: Client) -> None:
    home = make_home(dora)
    given = {"scope": "site", "target": str(home.pk), "name": "Cold", "condition": "below"}

    response = as_(dora).post(URL, given | {"point": "active_power", "limit": 5})

    # There is no such point anywhere yet: the catalogue says what can be watched.
    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/point")
    silence = given | {"condition": "silence", "period_s": 3600}
    assert as_(dora).post(URL, silence).status_code == HTTPStatus.CREATED
    assert as_(bob).get(URL).json()["results"] == []


def raised_by(rule: AlarmRule, device: Device) -> None:
    """Let the rule raise an alarm."""
    send(device, 150.0)
    sync_rule(rule)
    look()
    assert Alarm.objects.filter(status="raised").count() == 1


def test_rule_that_is_changed_begins_anew(device: Device, bob: User, as_: Client) -> None:
    rule = make_rule(device)
    raised_by(rule, device)

    response = as_(bob).patch(f"{URL}{rule.pk}/", {"limit": 140})

    assert response.json()["limit"] == 140
    assert Alarm.objects.get().clear_reason == "rule_changed"
    sync_rule(rule)
    look()
    assert Alarm.objects.filter(status="raised").count() == 1


def test_new_name_changes_nothing_else(device: Device, bob: User, as_: Client) -> None:
    rule = make_rule(device)
    raised_by(rule, device)

    as_(bob).patch(f"{URL}{rule.pk}/", {"name": "Power"})

    assert Alarm.objects.get().status == "raised"


def test_rule_that_is_disabled_raises_nothing(device: Device, bob: User, as_: Client) -> None:
    rule = make_rule(device)
    raised_by(rule, device)

    as_(bob).patch(f"{URL}{rule.pk}/", {"is_enabled": False})
    sync_rule(AlarmRule.objects.get())
    send(device, 160.0)
    look()

    assert Alarm.objects.get().status == "cleared"


def test_alarms_of_a_deleted_rule_are_over_and_stay(device: Device, bob: User, as_: Client) -> None:
    rule = make_rule(device, name="Power")
    raised_by(rule, device)

    assert as_(bob).delete(f"{URL}{rule.pk}/").status_code == HTTPStatus.NO_CONTENT

    shown = as_(bob).get("/api/v1/alarms/").json()["results"]
    assert [(one["rule"], one["name"], one["status"]) for one in shown] == [
        (None, "Power", "cleared")
    ]


def test_list_is_filtered(organisation: Organisation, bob: User, as_: Client) -> None:
    fleet, device = make_fleet(organisation), make_device(organisation)
    make_rule(fleet, condition="silence", period_s=3600)
    make_rule(device, severity="critical")

    for query in (f"fleet={fleet.pk}", "severity=critical", f"target={device.pk}"):
        assert len(as_(bob).get(f"{URL}?{query}").json()["results"]) == 1
    assert_problem(as_(bob).get(f"{URL}?colour=red"), HTTPStatus.BAD_REQUEST, "validation")
