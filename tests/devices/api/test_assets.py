"""fleets/ and assets/ over HTTP."""

from http import HTTPStatus
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Application, Organisation, User
from config.lib.secrets import digest, normalise_code
from devices.models import Asset, Fleet
from tests.conftest import Client
from tests.devices.factories import make_asset, make_device, make_fleet
from tests.problems import assert_problem

FLEETS, ASSETS, BULK = "/api/v1/fleets/", "/api/v1/assets/", "/api/v1/assets/bulk/"


@pytest.fixture
def fleet(organisation: Organisation) -> Fleet:
    return make_fleet(organisation)


@pytest.fixture
def client(meter_app: Application, as_: Client) -> APIClient:
    return as_(meter_app, "fleets:read", "fleets:write")


def body(fleet: Fleet, **overrides: Any) -> dict[str, Any]:
    return {"fleet": str(fleet.pk), "manufacturer": "Acme", "serial": "007", **overrides}


def test_fleet_is_made_renamed_and_deleted(client: APIClient, organisation: Organisation) -> None:
    made = client.post(FLEETS, {"name": "West"})
    renamed = client.patch(f"{FLEETS}{made.json()['id']}/", {"name": "East"})
    gone = client.delete(f"{FLEETS}{made.json()['id']}/")

    assert made.status_code == HTTPStatus.CREATED
    assert made.json()["organisation"] == str(organisation.pk)
    assert (renamed.json()["name"], gone.status_code) == ("East", HTTPStatus.NO_CONTENT)


def test_fleet_with_assets_is_kept(client: APIClient, organisation: Organisation) -> None:
    fleet = make_asset(organisation).fleet

    response = client.delete(f"{FLEETS}{fleet.pk}/")

    assert_problem(response, HTTPStatus.CONFLICT, "fleet-not-empty")


def test_claim_code_is_shown_once(client: APIClient, fleet: Fleet) -> None:
    made = client.post(ASSETS, body(fleet)).json()

    asset = Asset.objects.get(pk=made["id"])
    assert asset.claim_code_digest == digest(normalise_code(made["claim_code"]))
    assert "claim_code" not in client.get(f"{ASSETS}{asset.pk}/").json()
    assert made["status"] == "declared"


@pytest.mark.parametrize("serial", [7, 9007199254740993, None, "", True, ["7"], "a\x00b"])
def test_serial_is_text_alone(client: APIClient, fleet: Fleet, serial: Any) -> None:
    response = client.post(ASSETS, body(fleet, serial=serial))

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/serial")
    assert not Asset.objects.exists()


def test_serial_keeps_its_zeros_and_blanks(client: APIClient, fleet: Fleet) -> None:
    assert client.post(ASSETS, body(fleet, serial=" 00٠7 ")).json()["serial"] == " 00٠7 "


def test_foreign_fleet_does_not_exist(client: APIClient, charlie: User) -> None:
    elsewhere = make_fleet(Organisation.objects.exclude(name="Tilleuls Gestion").get())

    response = client.post(ASSETS, body(elsewhere))

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/fleet")


def test_unknown_field_is_refused(client: APIClient, fleet: Fleet) -> None:
    response = client.post(ASSETS, body(fleet, colour="red"))

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/colour")


def test_second_declaration_is_a_conflict(client: APIClient, fleet: Fleet) -> None:
    client.post(ASSETS, body(fleet))

    response = client.post(ASSETS, body(fleet))

    assert_problem(response, HTTPStatus.CONFLICT, "asset-already-declared")


def test_asset_is_suspended_reactivated_and_retired(client: APIClient, fleet: Fleet) -> None:
    url = f"{ASSETS}{make_asset(fleet.organisation).pk}/"

    seen = [
        client.patch(url, {"status": status}).json().get("status")
        for status in ("suspended", "active", "retired")
    ]

    assert seen == ["suspended", "declared", "retired"]
    assert_problem(client.patch(url, {"status": "active"}), HTTPStatus.CONFLICT, "asset-retired")


def test_used_asset_is_not_deleted(client: APIClient, organisation: Organisation) -> None:
    device = make_device(organisation)

    response = client.delete(f"{ASSETS}{device.asset_id}/")

    assert_problem(response, HTTPStatus.CONFLICT, "asset-in-use")


def test_bulk_answers_per_item(client: APIClient, fleet: Fleet) -> None:
    good, number = body(fleet), body(fleet, serial=12)
    stray = {**body(fleet, serial="8"), "fleet": "0198aaaa-0000-7000-8000-000000000000"}

    report = client.post(BULK, {"assets": [good, number, good, stray, 5]}).json()

    assert report["accepted"] == 1
    assert report["results"][0]["index"] == 0
    assert report["results"][0]["claim_code"]
    found = [(item["index"], item["code"]) for item in report["rejected"]]
    expected = ["not_text", "already-declared", "unknown-fleet", "invalid"]
    assert found == list(enumerate(expected, start=1))


def test_bulk_of_ten_thousand_costs_few_statements(
    client: APIClient, fleet: Fleet, django_assert_max_num_queries: Any
) -> None:
    items = [{"manufacturer": "Acme", "serial": str(number)} for number in range(10_000)]

    with django_assert_max_num_queries(25):
        report = client.post(BULK, {"fleet": str(fleet.pk), "assets": items}).json()

    assert report["accepted"] == 10_000


def test_bulk_beyond_ten_thousand_is_too_large(client: APIClient, fleet: Fleet) -> None:
    response = client.post(BULK, {"assets": [1] * 10_001})

    assert_problem(response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "batch-too-large")


def test_viewer_may_look_but_not_declare(vera: User, fleet: Fleet, as_: Client) -> None:
    client = as_(vera)

    assert client.get(ASSETS).status_code == HTTPStatus.OK
    for url, given in ((ASSETS, body(fleet)), (FLEETS, {"name": "x"}), (BULK, {"assets": []})):
        assert_problem(client.post(url, given), HTTPStatus.FORBIDDEN, "role-missing")


def test_stranger_finds_nothing(charlie: User, organisation: Organisation, as_: Client) -> None:
    asset = make_asset(organisation)
    client = as_(charlie)

    assert client.get(ASSETS).json()["results"] == []
    for url in (f"{ASSETS}{asset.pk}/", f"{FLEETS}{asset.fleet_id}/"):
        assert_problem(client.get(url), HTTPStatus.NOT_FOUND)
        assert_problem(client.delete(url), HTTPStatus.NOT_FOUND)
