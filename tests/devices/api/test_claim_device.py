"""``devices/claim/``: a resident brings a device home by the label in their hands."""

from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import Application, Organisation, User
from devices.models import Asset, Device
from devices.services.assets import Declaration, declare_asset
from integrations.models import Event
from tests.conftest import Client
from tests.devices.factories import make_fleet, make_type
from tests.factories import make_application, make_b2c_user, make_consent, make_organisation
from tests.problems import assert_problem
from tests.racing import at_once
from tests.twin.factories import make_home, make_occupancy, make_site, make_site_member, make_space
from twin.models import ConsentNode, Site

pytestmark = pytest.mark.django_db
URL = "/api/v1/devices/claim/"


def declare(organisation: Organisation, **overrides: Any) -> dict[str, str]:
    """Declare a plug whose model the catalogue knows; return its label."""
    fields = {"manufacturer": "Acme", "model": "Plug 2", "serial": "0042", **overrides}
    make_type(manufacturer="Acme", model="Plug 2", category="plug")
    made = declare_asset(Declaration(fleet=make_fleet(organisation), **fields))
    return {"serial": made.asset.serial, "claim_code": made.claim_code}


@pytest.fixture
def label(organisation: Organisation) -> dict[str, str]:
    return declare(organisation)


@pytest.fixture
def home(dora: User) -> Site:
    return make_home(dora)


def test_device_comes_to_the_only_home_and_is_the_homes(
    as_: Client, dora: User, home: Site, label: dict[str, str], organisation: Organisation
) -> None:
    answer = as_(dora).post(URL, {**label, "name": "Lamp"})

    assert answer.status_code == HTTPStatus.CREATED
    body = answer.json()
    assert (body["site"], body["organisation"], body["name"]) == (str(home.pk), None, "Lamp")
    device = Device.objects.get(pk=body["id"])
    assert device.node.organisation_id is None
    assert device.asset.organisation == organisation
    assert device.placements.get().site_id == home.pk


def test_space_says_the_site(as_: Client, dora: User, home: Site, label: dict[str, str]) -> None:
    room = make_space(home)
    make_home(dora, name="Cabin")

    body = as_(dora).post(URL, {**label, "space": str(room.pk)}).json()

    assert (body["site"], body["space"]) == (str(home.pk), str(room.pk))


def test_with_two_homes_the_place_must_be_said(
    as_: Client, dora: User, home: Site, label: dict[str, str]
) -> None:
    make_home(dora, name="Cabin")

    answer = as_(dora).post(URL, label)

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer="#/site")
    assert Asset.objects.get().claimed_at is None


def test_model_that_the_catalogue_does_not_know_needs_a_type(
    as_: Client, dora: User, home: Site, organisation: Organisation
) -> None:
    label = declare(organisation, model="Mystery")

    refused = as_(dora).post(URL, label)
    taken = as_(dora).post(URL, {**label, "type": make_type(key="acme-mystery").key})

    assert_problem(refused, HTTPStatus.BAD_REQUEST, "validation", pointer="#/type")
    assert taken.json()["type"] == "acme-mystery"


def test_whose_fleet_it_is_sees_nothing_of_it_but_may_send_its_readings(
    as_: Client, dora: User, home: Site, label: dict[str, str], meter_app: Application
) -> None:
    device = as_(dora).post(URL, label).json()["id"]
    reading = {"point": "active_power", "time": "2026-01-01T00:00:00Z", "value": 3}
    maker = as_(meter_app)

    sent = maker.post("/api/v1/readings/", {"readings": [{"device": device, **reading}]})

    assert sent.json()["accepted"] == 1
    for path in ("", "state/", "readings/"):
        assert_problem(maker.get(f"/api/v1/devices/{device}/{path}"), HTTPStatus.NOT_FOUND)
    stranger = as_(make_application(make_organisation()))
    again = stranger.post("/api/v1/readings/", {"readings": [{"device": device, **reading}]})
    assert [one["code"] for one in again.json()["rejected"]] == ["unknown-device"]


def test_fleet_may_suspend_it_and_the_home_does_not_read_why(
    as_: Client, dora: User, bob: User, home: Site, label: dict[str, str], meter_app: Application
) -> None:
    device = as_(dora).post(URL, label).json()
    patch = {"status": "suspended", "reason": "unpaid"}
    as_(bob).patch(f"/api/v1/assets/{device['asset']}/", patch)

    shown = as_(dora).get(f"/api/v1/devices/{device['id']}/?expand=asset").json()["asset"]
    reading = {"point": "active_power", "time": "2026-01-01T00:00:00Z", "value": 3}
    sent = as_(dora).post("/api/v1/readings/", {"readings": [{"device": device["id"], **reading}]})

    assert shown["status"] == "suspended"
    assert "unpaid" not in str(shown)
    assert [one["code"] for one in sent.json()["rejected"]] == ["asset-not-active"]


@pytest.mark.parametrize("role", ["resident", "guest"])
def test_place_that_one_only_sees_takes_no_device(
    as_: Client, dora: User, label: dict[str, str], role: str
) -> None:
    shared = make_home(dora)
    make_site_member(shared, other := make_b2c_user(), role=role)

    answer = as_(other).post(URL, {**label, "site": str(shared.pk)})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "role-missing")


def test_occupant_brings_nothing_into_the_landlords_building(
    as_: Client, dora: User, label: dict[str, str], organisation: Organisation
) -> None:
    flat = make_space(make_site(organisation))
    make_occupancy(flat, dora)

    answer = as_(dora).post(URL, {**label, "space": str(flat.pk)})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "role-missing")


def test_operator_brings_only_what_their_organisation_declared(
    as_: Client, bob: User, label: dict[str, str], organisation: Organisation
) -> None:
    site = {"site": str(make_site(organisation).pk)}
    foreign = declare(make_organisation(), serial="0099")

    refused = as_(bob).post(URL, {**foreign, **site})
    taken = as_(bob).post(URL, {**label, **site})

    assert_problem(refused, HTTPStatus.BAD_REQUEST, "validation", pointer="#/site")
    assert taken.json()["organisation"] == str(organisation.pk)


def test_app_claims_only_where_it_was_let_in(
    as_: Client, dora: User, home: Site, label: dict[str, str], meter_app: Application
) -> None:
    cabin = make_home(dora, name="Cabin")
    consent = make_consent(dora, meter_app, is_limited=True)
    ConsentNode.objects.create(consent=consent, node_id=home.pk)
    client = as_(dora)

    outside = client.post(URL, {**label, "site": str(cabin.pk)})
    inside = client.post(URL, label)

    assert_problem(outside, HTTPStatus.BAD_REQUEST, "validation", pointer="#/site")
    assert inside.json()["site"] == str(home.pk)


@pytest.mark.parametrize("status", ["suspended", "retired"])
def test_device_that_may_not_be_used_is_refused(
    as_: Client, dora: User, home: Site, label: dict[str, str], status: str
) -> None:
    Asset.objects.update(status=status)

    assert_problem(as_(dora).post(URL, label), HTTPStatus.CONFLICT, "asset-not-active")


def test_wrong_label_is_refused_and_limited(
    as_: Client, dora: User, home: Site, label: dict[str, str], settings: Any
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "claim_code": 2}
    client, wrong = as_(dora), {**label, "serial": "0043"}

    codes = [client.post(URL, wrong).status_code for _ in range(3)]

    assert codes == [404, 404, 429]


def test_thrown_away_device_needs_another_code(
    as_: Client, dora: User, home: Site, label: dict[str, str]
) -> None:
    client = as_(dora)
    device = client.post(URL, label).json()["id"]
    assert client.delete(f"/api/v1/devices/{device}/").status_code == HTTPStatus.NO_CONTENT

    assert_problem(client.post(URL, label), HTTPStatus.CONFLICT, "claim-code-used")


def test_claim_without_the_scope_is_refused(as_: Client, dora: User) -> None:
    answer = as_(dora, "devices:read").post(URL, {})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "scope-missing", scope="devices:write")


def test_claim_is_told(as_: Client, dora: User, home: Site, label: dict[str, str]) -> None:
    device = as_(dora).post(URL, label).json()

    told = Event.objects.filter(subject=f"devices/{device['id']}").get(type="device.created")
    assert told.source == f"/api/v1/sites/{home.pk}/"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_at_once_one_has_it(as_: Client) -> None:
    label = declare(make_organisation())
    people = [make_b2c_user(), make_b2c_user()]
    clients = [as_(person) for person in people if make_home(person)]

    answers = at_once(*[lambda client=client: client.post(URL, label) for client in clients])

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert Device.objects.count() == 1
