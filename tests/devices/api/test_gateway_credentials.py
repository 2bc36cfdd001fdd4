"""``gateways/activate/`` without a token, and what an operator does with the credentials."""

from http import HTTPStatus
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Application, Organisation, User
from devices.models import Asset, Device, Gateway
from tests.conftest import Client
from tests.devices.factories import make_device, make_fleet, make_gateway
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
URL = "/api/v1/gateways/activate/"


@pytest.fixture
def label(organisation: Organisation, bob: User, as_: Client) -> dict[str, str]:
    """Return what stands on the label of a gateway that bob declared."""
    body = {"manufacturer": "Acme", "serial": "0042", "role": "gateway"}
    fleet = str(make_fleet(organisation).pk)
    answer = as_(bob).post("/api/v1/assets/", {**body, "fleet": fleet}).json()
    return {"serial": answer["serial"], "claim_code": answer["claim_code"]}


def token_of(anonymous: APIClient, credentials: dict[str, str]) -> Any:
    """Ask for a token as the gateway does (RFC 6749 section 4.4)."""
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials["client_id"],
        "client_secret": credentials["client_secret"],
    }
    return anonymous.post("/oauth/token/", form, format="multipart")


def test_gateway_activates_itself_and_sends_its_readings(
    anonymous: APIClient, label: dict[str, str], organisation: Organisation
) -> None:
    answer = anonymous.post(URL, label)

    assert answer.status_code == HTTPStatus.CREATED
    gateway = Gateway.objects.get(pk=answer.json()["gateway"])
    device: Device = make_device(organisation, gateway=gateway)
    granted = token_of(anonymous, answer.json()).json()
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {granted['access_token']}")
    point = {"point": "active_power", "time": "2026-01-01T00:00:00Z", "value": 1}
    batch = {"readings": [{"device": str(device.pk), **point}]}
    assert anonymous.post("/api/v1/readings/", batch).json()["accepted"] == 1
    (found,) = anonymous.get("/api/v1/gateways/").json()["results"]
    assert found["has_credentials"] is True


def test_answer_with_the_secret_is_kept_by_nobody(
    anonymous: APIClient, label: dict[str, str]
) -> None:
    answer = anonymous.post(URL, label)

    assert answer["Cache-Control"] == "no-store"
    secret = answer.json()["client_secret"]
    kept = Application.objects.get(client_id=answer.json()["client_id"]).client_secret
    assert secret not in kept


def test_lost_answer_is_repeated_for_its_key(anonymous: APIClient, label: dict[str, str]) -> None:
    key = {"Idempotency-Key": "box-1"}
    first = anonymous.post(URL, label, headers=key)

    again = anonymous.post(URL, label, headers=key)

    assert again.json() == first.json()
    assert_problem(anonymous.post(URL, label), HTTPStatus.CONFLICT, "claim-code-used")


def test_unknown_code_and_wrong_serial_have_one_answer(
    anonymous: APIClient, label: dict[str, str]
) -> None:
    wrongs = [{**label, "serial": "0043"}, {**label, "claim_code": "AAAAA-AAAAA-AAAAA-AAAAA"}]

    bodies = [
        assert_problem(anonymous.post(URL, wrong), HTTPStatus.NOT_FOUND, "claim-refused")
        for wrong in wrongs
    ]

    assert {**bodies[0], "instance": ""} == {**bodies[1], "instance": ""}


def test_suspended_gateway_is_refused(anonymous: APIClient, label: dict[str, str]) -> None:
    Asset.objects.update(status="suspended")

    answer = anonymous.post(URL, label)

    assert_problem(answer, HTTPStatus.CONFLICT, "asset-not-active", asset_status="suspended")


@pytest.mark.parametrize("body", [{}, {"serial": "1"}, {"serial": "1", "claim_code": ""}])
def test_incomplete_label_is_refused(anonymous: APIClient, body: dict[str, str]) -> None:
    assert_problem(
        anonymous.post(URL, body), HTTPStatus.BAD_REQUEST, "validation", pointer="#/claim_code"
    )


def test_address_that_tries_too_often_must_wait(anonymous: APIClient, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "claim_address": 3}
    tries = [{"serial": "1", "claim_code": f"CODE{number}"} for number in range(4)]

    answers = [anonymous.post(URL, body) for body in tries]

    assert [one.status_code for one in answers] == [404, 404, 404, 429]
    assert int(answers[3]["Retry-After"]) > 0


def test_code_that_is_tried_from_many_addresses_must_rest(
    anonymous: APIClient, label: dict[str, str], settings: Any
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "claim_code": 2}
    wrong = {**label, "serial": "x"}

    codes = [
        anonymous.post(URL, wrong, REMOTE_ADDR=f"192.0.2.{number}").status_code
        for number in range(3)
    ]

    assert codes == [404, 404, 429]


def test_rotated_secret_is_the_only_one_that_works(
    anonymous: APIClient, label: dict[str, str], bob: User, as_: Client
) -> None:
    old = anonymous.post(URL, label).json()

    answer = as_(bob).post(f"/api/v1/gateways/{old['gateway']}/rotate-secret/")

    assert answer.json()["client_id"] == old["client_id"]
    assert token_of(anonymous, old).status_code == HTTPStatus.UNAUTHORIZED
    assert token_of(anonymous, answer.json()).status_code == HTTPStatus.OK


def test_secret_is_not_handed_to_who_may_do_less_than_the_gateway(
    anonymous: APIClient, label: dict[str, str], bob: User, as_: Client
) -> None:
    gateway = anonymous.post(URL, label).json()["gateway"]
    client = as_(
        bob,
        *("devices:read", "devices:write", "devices:control", "catalogue:read", "readings:read"),
    )

    answer = client.post(f"/api/v1/gateways/{gateway}/rotate-secret/")

    assert_problem(answer, HTTPStatus.FORBIDDEN, "scope-missing", scope="readings:write")


def test_revoked_credentials_open_nothing_more(
    anonymous: APIClient, label: dict[str, str], bob: User, as_: Client
) -> None:
    old = anonymous.post(URL, label).json()
    granted = token_of(anonymous, old).json()

    answer = as_(bob).delete(f"/api/v1/gateways/{old['gateway']}/credentials/")

    assert answer.status_code == HTTPStatus.NO_CONTENT
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {granted['access_token']}")
    assert anonymous.get("/api/v1/gateways/").status_code == HTTPStatus.UNAUTHORIZED
    anonymous.credentials()
    assert token_of(anonymous, old).status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(("method", "deed"), [("post", "rotate-secret"), ("delete", "credentials")])
def test_credentials_that_are_not_there_are_a_conflict(
    organisation: Organisation, bob: User, as_: Client, method: str, deed: str
) -> None:
    gateway = make_gateway(organisation)

    answer = getattr(as_(bob), method)(f"/api/v1/gateways/{gateway.pk}/{deed}/")

    assert_problem(answer, HTTPStatus.CONFLICT, "credentials-missing")


@pytest.mark.parametrize(("method", "deed"), [("post", "rotate-secret"), ("delete", "credentials")])
def test_credentials_are_nothing_to_strangers_and_lookers(
    organisation: Organisation, vera: User, charlie: User, as_: Client, method: str, deed: str
) -> None:
    url = f"/api/v1/gateways/{make_gateway(organisation).pk}/{deed}/"

    assert_problem(getattr(as_(charlie), method)(url), HTTPStatus.NOT_FOUND)
    assert_problem(getattr(as_(vera), method)(url), HTTPStatus.FORBIDDEN, "role-missing")
    narrow = getattr(as_(charlie, "devices:read"), method)(url)
    assert_problem(narrow, HTTPStatus.FORBIDDEN, "scope-missing", scope="devices:write")
