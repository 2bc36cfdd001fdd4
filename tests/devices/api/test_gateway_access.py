"""A gateway's own token: it acts as that gateway, never as its organisation."""

from http import HTTPStatus
from typing import Any

import pytest

from accounts.choices import ApplicationKind
from accounts.models import Application, Organisation
from devices.choices import AssetStatus
from devices.models import Asset, Device, Gateway
from tests.conftest import Client
from tests.devices.factories import make_device, make_gateway
from tests.factories import make_application
from tests.problems import assert_problem
from tests.twin.factories import make_site

pytestmark = pytest.mark.django_db
READINGS = "/api/v1/readings/"


@pytest.fixture
def box(organisation: Organisation) -> Gateway:
    gateway = make_gateway(organisation, site=make_site(organisation))
    gateway.application = make_application(organisation, kind=ApplicationKind.GATEWAY)
    gateway.save()
    return gateway


@pytest.fixture
def own(organisation: Organisation, box: Gateway) -> Device:
    return make_device(organisation, gateway=box, site=box.site)


@pytest.fixture
def other(organisation: Organisation, box: Gateway) -> Device:
    return make_device(organisation, gateway=make_gateway(organisation), site=box.site)


@pytest.fixture
def credentials(box: Gateway) -> Application:
    found: Application | None = box.application
    assert found
    return found


def batch(*devices: Device) -> dict[str, Any]:
    fields = {"point": "active_power", "time": "2026-01-01T00:00:00Z", "value": 1}
    return {"readings": [{"device": str(device.pk), **fields} for device in devices]}


def test_gateway_sees_itself_and_the_devices_behind_it(
    as_: Client, credentials: Application, box: Gateway, own: Device, other: Device
) -> None:
    client = as_(credentials)

    found = {
        noun: [row["id"] for row in client.get(f"/api/v1/{noun}/").json()["results"]]
        for noun in ("gateways", "devices", "sites", "spaces", "fleets", "applications")
    }

    assert found == {
        "gateways": [str(box.pk)],
        "devices": [str(own.pk)],
        **{noun: [] for noun in ("sites", "spaces", "fleets", "applications")},
    }


def test_gateway_records_readings_of_its_own_devices_alone(
    as_: Client, credentials: Application, own: Device, other: Device
) -> None:
    response = as_(credentials).post(READINGS, batch(own, other))

    assert response.json()["accepted"] == 1
    assert [one["code"] for one in response.json()["rejected"]] == ["unknown-device"]


@pytest.mark.parametrize("is_empty", [True, False])
def test_gateway_that_posts_is_heard(
    as_: Client, credentials: Application, box: Gateway, own: Device, is_empty: bool
) -> None:
    as_(credentials).post(READINGS, {"readings": []} if is_empty else batch(own))

    box.refresh_from_db()
    assert box.status == "online"
    assert box.last_seen_at is not None


def test_readings_by_others_are_no_contact_of_the_gateway(
    as_: Client, meter_app: Application, box: Gateway, own: Device
) -> None:
    as_(meter_app).post(READINGS, batch(own))

    box.refresh_from_db()
    assert box.status == "unknown"


def test_gateway_reads_the_series_of_its_devices(
    as_: Client, credentials: Application, own: Device, other: Device
) -> None:
    client = as_(credentials)
    query = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"}

    assert client.get(f"/api/v1/devices/{own.pk}/readings/", query).status_code == HTTPStatus.OK
    response = client.get(f"/api/v1/devices/{other.pk}/readings/", query)
    assert_problem(response, HTTPStatus.NOT_FOUND)


def test_gateway_changes_and_deletes_nothing(
    as_: Client, credentials: Application, box: Gateway, own: Device
) -> None:
    client = as_(credentials)

    for url in (f"/api/v1/devices/{own.pk}/", f"/api/v1/gateways/{box.pk}/"):
        assert_problem(client.patch(url, {"name": "Mine"}), HTTPStatus.FORBIDDEN, "role-missing")
        assert_problem(client.delete(url), HTTPStatus.FORBIDDEN, "role-missing")


def test_device_that_goes_behind_another_gateway_is_lost_at_once(
    as_: Client, credentials: Application, own: Device, other: Device
) -> None:
    client = as_(credentials)
    Device.objects.filter(pk=own.pk).update(gateway=other.gateway)

    assert client.get("/api/v1/devices/").json()["results"] == []
    assert client.post(READINGS, batch(own)).json()["accepted"] == 0


@pytest.mark.parametrize("status", [AssetStatus.SUSPENDED, AssetStatus.RETIRED])
def test_gateway_whose_asset_may_not_be_used_reaches_nothing(
    as_: Client, credentials: Application, box: Gateway, own: Device, status: str
) -> None:
    Asset.objects.filter(pk=box.asset_id).update(status=status)

    assert as_(credentials).get("/api/v1/devices/").json()["results"] == []
    assert as_(credentials).post(READINGS, batch(own)).json()["accepted"] == 0


def test_credentials_without_a_gateway_reach_nothing(as_: Client, own: Device) -> None:
    assert own.organisation
    stray = make_application(own.organisation, kind=ApplicationKind.GATEWAY)

    assert as_(stray).get("/api/v1/devices/").json()["results"] == []
    body = {"name": "Mine", "organisation": str(own.organisation_id)}
    assert as_(stray).post("/api/v1/fleets/", body).status_code == HTTPStatus.BAD_REQUEST


def test_body_cannot_make_an_application_a_gateway(
    as_: Client, organisation: Organisation, meter_app: Application
) -> None:
    response = as_(meter_app).post("/api/v1/applications/", {"name": "Box", "kind": "gateway"})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/kind")


def test_explain_knows_the_gateway(
    as_: Client, meter_app: Application, credentials: Application, own: Device, other: Device
) -> None:
    def ask(device: Device, scope: str) -> dict[str, Any]:
        body = {
            "subject": {"application": str(credentials.pk)},
            "action": scope,
            "object": str(device.pk),
        }
        answer: dict[str, Any] = as_(meter_app).post("/api/v1/access/explain/", body).json()
        return answer

    assert not ask(other, "devices:read")["allowed"]
    assert ask(own, "readings:write")["allowed"]
    assert not ask(own, "devices:write")["allowed"]
    assert ask(own, "devices:read")["paths"][0]["way"] == "gateway"
