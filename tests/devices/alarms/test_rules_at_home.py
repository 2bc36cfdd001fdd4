"""Rules that people make where they live: leak, smoke, an open window; theirs alone."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Application, AuditEntry, Organisation, User
from devices.models import Alarm, AlarmRule, Device
from tests.conftest import Client
from tests.devices.alarms.conftest import look, send, space_of, start
from tests.devices.factories import make_device, make_type
from tests.factories import make_b2c_user
from tests.problems import assert_problem
from tests.twin.factories import make_occupancy, make_site, make_space
from twin.models import Occupancy
from twin.services.occupancies import end_occupancy

pytestmark = pytest.mark.django_db
RULES, ALARMS = "/api/v1/alarm-rules/", "/api/v1/alarms/"


@pytest.fixture
def detector(organisation: Organisation) -> Device:
    site = make_site(organisation)
    points = ({"key": "leak", "kind": "status", "value_type": "boolean"},)
    kind = make_type(category="leak-detector", points=points)
    return make_device(organisation, type=kind, site=site, space=make_space(site))


@pytest.fixture
def tenant(detector: Device) -> User:
    person = make_b2c_user()
    make_occupancy(space_of(detector), person, since=timezone.now() - timedelta(hours=1))
    return person


def make(client: Any, detector: Device, **changes: Any) -> Any:
    about = {"scope": "device", "target": str(detector.pk), "name": "My bath", "point": "leak"}
    return client.post(RULES, {**about, "condition": "above", "limit": 0, **changes})


def found(client: Any, url: str) -> list[str]:
    return [one["name"] for one in client.get(url).json()["results"]]


def leak(client: Any, detector: Device) -> Alarm:
    """Let the tenant make a rule, and the detector warn."""
    key = make(client, detector).json()["id"]
    start(AlarmRule.objects.get(pk=key))
    send(detector, True, point="leak")
    look()
    return Alarm.objects.get()


@pytest.mark.parametrize("scope", ["device", "space"])
def test_tenant_makes_a_rule_of_their_own(
    as_: Client, detector: Device, tenant: User, scope: str
) -> None:
    target = detector.pk if scope == "device" else detector.space_id

    response = make(as_(tenant), detector, scope=scope, target=str(target))

    assert (response.status_code, response.json()["is_own"]) == (HTTPStatus.CREATED, True)
    url = f"{RULES}{response.json()['id']}/"
    assert as_(tenant).patch(url, {"severity": "critical"}).json()["severity"] == "critical"
    assert as_(tenant).delete(url).status_code == HTTPStatus.NO_CONTENT


def test_nobody_else_learns_of_the_rule_or_its_alarms(
    as_: Client,
    alice: User,
    meter_app: Application,
    organisation: Organisation,
    detector: Device,
    tenant: User,
) -> None:
    mate, neighbour = make_b2c_user(), make_b2c_user()
    make_occupancy(space_of(detector), mate, since=timezone.now() - timedelta(hours=1))
    make_occupancy(make_space(space_of(detector).site), neighbour)
    alarm = leak(as_(tenant), detector)
    as_(tenant).post(f"{ALARMS}{alarm.pk}/acknowledge/", {"comment": "Mopped."})

    assert found(as_(tenant), RULES) == found(as_(tenant), ALARMS) == ["My bath"]
    for stranger in (alice, mate, neighbour, meter_app):
        assert found(as_(stranger), RULES) == found(as_(stranger), ALARMS) == []
        url = f"{RULES}{alarm.rule_id}/"
        assert_problem(as_(stranger).delete(url), HTTPStatus.NOT_FOUND)
    told = AuditEntry.objects.filter(object_type__in=("alarm", "alarm_rule"))
    assert {entry.object_type for entry in told} == {"alarm", "alarm_rule"}
    assert not told.exclude(organisation_id=None, site_id=None).exists()


def test_only_what_one_lives_with_is_watched_over(
    as_: Client, detector: Device, tenant: User
) -> None:
    above = {"scope": "site", "target": str(detector.site_id)}
    next_door = make_space(space_of(detector).site)

    assert_problem(make(as_(tenant), detector, **above), HTTPStatus.FORBIDDEN, "role-missing")
    other = make(as_(tenant), detector, scope="space", target=str(next_door.pk))
    assert_problem(other, HTTPStatus.BAD_REQUEST, "validation", pointer="#/target")
    guest = make_b2c_user()
    refused = make(as_(guest), detector)
    assert_problem(refused, HTTPStatus.BAD_REQUEST, "validation", pointer="#/target")


def test_rule_ends_when_its_maker_moves_out(as_: Client, detector: Device, tenant: User) -> None:
    alarm = leak(as_(tenant), detector)

    end_occupancy(Occupancy.objects.get(user=tenant))

    assert not AlarmRule.objects.exists()
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None
