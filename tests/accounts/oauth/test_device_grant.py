"""The device grant: a device without a keyboard, and its user on another screen."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import AccessToken, Application, Consent, DeviceGrant, User
from accounts.selectors import find_token
from accounts.services.consents import revoke_consent
from accounts.tasks import forget_dead_tokens
from tests.accounts.oauth import devices, flows
from tests.accounts.oauth.devices import error_of


@pytest.fixture
def codes(meter_app: Application) -> dict[str, Any]:
    return devices.codes_of(meter_app)


def test_device_is_told_all_that_it_must_show(codes: dict[str, Any]) -> None:
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", codes["user_code"])
    assert codes["verification_uri"] == "http://127.0.0.1:8000/oauth/device/"
    assert codes["verification_uri_complete"].endswith(f"?user_code={codes['user_code']}")
    assert (codes["expires_in"], codes["interval"]) == (600, 5)
    assert len(codes["device_code"]) >= 43


def test_codes_are_kept_as_digests_alone(codes: dict[str, Any]) -> None:
    grant = DeviceGrant.objects.get()

    assert codes["device_code"] not in {grant.device_code, grant.user_code}
    assert codes["user_code"].replace("-", "") != grant.user_code


def test_approved_device_gets_tokens_that_rest_on_a_consent(
    codes: dict[str, Any], dora: User, meter_app: Application
) -> None:
    devices.decide(dora, codes)
    tokens = devices.poll(meter_app, codes).json()

    consent = Consent.objects.get(user=dora, application=meter_app)
    found = find_token(tokens["access_token"])
    assert consent.scopes == ["profile", "sites:read"]
    assert found
    assert (found.user_id, found.scopes) == (dora.pk, {"profile", "sites:read"})
    assert flows.refresh(meter_app, tokens["refresh_token"]).status_code == 200


def test_device_learns_who_logged_in(dora: User, meter_app: Application) -> None:
    codes = devices.codes_of(meter_app, scope="openid")
    devices.decide(dora, codes)

    assert devices.poll(meter_app, codes).json()["id_token"].count(".") == 2


def test_device_waits_for_its_user(codes: dict[str, Any], meter_app: Application) -> None:
    assert error_of(devices.poll(meter_app, codes)) == (400, "authorization_pending")
    devices.wait(5.1)
    assert error_of(devices.poll(meter_app, codes)) == (400, "authorization_pending")


def test_hasty_device_must_slow_down_and_stay_slow(
    codes: dict[str, Any], meter_app: Application
) -> None:
    devices.poll(meter_app, codes)

    assert error_of(devices.poll(meter_app, codes)) == (400, "slow_down")
    devices.wait(5.1)
    assert error_of(devices.poll(meter_app, codes)) == (400, "slow_down")
    devices.wait(15.1)
    assert error_of(devices.poll(meter_app, codes)) == (400, "authorization_pending")


def test_refused_device_is_told(codes: dict[str, Any], dora: User, meter_app: Application) -> None:
    devices.decide(dora, codes, decision="refuse")

    assert error_of(devices.poll(meter_app, codes)) == (400, "access_denied")
    assert not Consent.objects.exists()


def test_code_expires_for_device_and_user(
    codes: dict[str, Any], dora: User, meter_app: Application
) -> None:
    devices.wait(601)
    page = flows.browser_of(dora).post(devices.PAGE, {"user_code": codes["user_code"]})

    assert error_of(devices.poll(meter_app, codes)) == (400, "expired_token")
    assert page.status_code == 400
    forget_dead_tokens()
    assert not DeviceGrant.objects.exists()


def test_approval_that_came_too_late_gives_nothing(
    codes: dict[str, Any], dora: User, meter_app: Application
) -> None:
    devices.decide(dora, codes)
    devices.wait(601)

    assert error_of(devices.poll(meter_app, codes)) == (400, "expired_token")


def test_code_works_once(codes: dict[str, Any], dora: User, meter_app: Application) -> None:
    devices.decide(dora, codes)
    assert devices.poll(meter_app, codes).status_code == 200

    assert error_of(devices.poll(meter_app, codes)) == (400, "invalid_grant")
    assert AccessToken.objects.count() == 1


def test_code_of_another_client_is_refused_and_stays_good(
    codes: dict[str, Any], dora: User, meter_app: Application
) -> None:
    devices.decide(dora, codes)
    thief = flows.another_client(meter_app)

    assert error_of(devices.poll(thief, codes)) == (400, "invalid_grant")
    assert devices.poll(meter_app, codes).status_code == 200


def test_user_code_is_no_device_code(codes: dict[str, Any], meter_app: Application) -> None:
    stolen = {"device_code": codes["user_code"].replace("-", "")}

    assert error_of(devices.poll(meter_app, stolen)) == (400, "invalid_grant")


def test_withdrawn_consent_takes_the_code_along(
    codes: dict[str, Any], dora: User, meter_app: Application
) -> None:
    devices.decide(dora, codes)
    revoke_consent(consent=Consent.objects.get())

    assert error_of(devices.poll(meter_app, codes)) == (400, "invalid_grant")


def test_deactivated_user_gives_no_token(
    codes: dict[str, Any], dora: User, meter_app: Application
) -> None:
    devices.decide(dora, codes)
    User.objects.update(is_active=False)

    assert error_of(devices.poll(meter_app, codes)) == (400, "invalid_grant")


def test_public_device_needs_no_secret(dora: User, meter_app: Application) -> None:
    Application.objects.update(client_type=Application.CLIENT_PUBLIC)
    form = {"client_id": "meter-app", "scope": "profile"}
    codes = Client().post("/oauth/device-authorization/", form).json()
    devices.decide(dora, codes)

    grant = "urn:ietf:params:oauth:grant-type:device_code"
    form = {"client_id": "meter-app", "grant_type": grant, "device_code": codes["device_code"]}
    assert Client().post("/oauth/token/", form).status_code == 200


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_types": ["client_credentials"]}, (400, "unauthorized_client")),
        ({"scopes": ["profile"]}, (400, "invalid_scope")),
    ],
)
def test_application_that_may_not_is_refused(
    meter_app: Application, change: dict[str, list[str]], error: tuple[int, str]
) -> None:
    Application.objects.update(**change)

    assert error_of(devices.ask_codes(meter_app)) == error
    assert not DeviceGrant.objects.exists()


def test_codes_need_the_secret_of_a_client_that_has_one(meter_app: Application) -> None:
    answer = Client().post("/oauth/device-authorization/", {"client_id": "meter-app"})

    assert error_of(answer) == (401, "invalid_client")
    assert "WWW-Authenticate" in answer


def test_codes_are_limited_per_client(meter_app: Application, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "device_authorization": 2}
    answers = [devices.ask_codes(meter_app).status_code for _ in range(3)]

    assert answers == [200, 200, 429]


@pytest.mark.django_db(transaction=True)
def test_polls_at_the_same_moment_give_one_pair_of_tokens(
    dora: User, meter_app: Application
) -> None:
    codes = devices.codes_of(meter_app)
    devices.decide(dora, codes)

    def ask(_: int) -> int:
        try:
            return int(devices.poll(meter_app, codes).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(ask, range(4)))

    assert statuses == [200, 400, 400, 400]
    assert AccessToken.objects.count() == 1
