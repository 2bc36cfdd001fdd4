"""Client credentials: an organisation's own application."""

import pytest
from django.test import Client

from accounts.models import AccessToken, Application
from accounts.scopes import OPENID, SCOPES
from tests.accounts.oauth.flows import ask_token, basic
from tests.factories import CLIENT_SECRET

GRANT = "client_credentials"


def test_request_without_scope_gets_every_scope_of_the_application(meter_app: Application) -> None:
    answer = ask_token(meter_app, grant_type=GRANT)

    body = answer.json()
    assert answer.status_code == 200
    assert set(body["scope"].split()) == set(SCOPES) - {OPENID}
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3600
    assert "refresh_token" not in body
    assert answer["Cache-Control"] == "no-store"


def test_secret_may_come_in_the_body(meter_app: Application) -> None:
    form = {"grant_type": GRANT, "client_id": "meter-app", "client_secret": CLIENT_SECRET}

    assert Client().post("/oauth/token/", form).status_code == 200


def test_token_is_cut_to_the_scope_asked_for(meter_app: Application) -> None:
    answer = ask_token(meter_app, grant_type=GRANT, scope="sites:read")

    assert answer.json()["scope"] == "sites:read"
    assert AccessToken.objects.get().scope == "sites:read"


def test_scope_that_the_application_may_not_have_is_invalid(meter_app: Application) -> None:
    meter_app.scopes = ["sites:read"]
    meter_app.save()

    answer = ask_token(meter_app, grant_type=GRANT, scope="sites:write")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_wrong_secret_is_refused(meter_app: Application) -> None:
    answer = ask_token(meter_app, secret="wrong", grant_type=GRANT)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer["WWW-Authenticate"].startswith("Basic")


def test_unknown_client_is_refused_in_the_same_words(meter_app: Application) -> None:
    wrong = ask_token(meter_app, secret="wrong", grant_type=GRANT)
    meter_app.client_id = "nobody"

    unknown = ask_token(meter_app, grant_type=GRANT)

    assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content)


def test_client_without_the_grant_is_refused(meter_app: Application) -> None:
    meter_app.grant_types = ["authorization_code"]
    meter_app.save()

    answer = ask_token(meter_app, grant_type=GRANT)

    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


def test_public_client_is_refused_even_with_the_grant(meter_app: Application) -> None:
    Application.objects.update(client_type=Application.CLIENT_PUBLIC)

    answer = ask_token(meter_app, grant_type=GRANT)

    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


@pytest.mark.parametrize("grant", ["password", "implicit", "", "no-such-grant"])
def test_other_grants_do_not_exist(meter_app: Application, grant: str) -> None:
    answer = ask_token(meter_app, grant_type=grant, username="alice@example.org", password="x")

    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_device_grant_without_a_code_is_an_invalid_request(meter_app: Application) -> None:
    answer = ask_token(meter_app, grant_type="urn:ietf:params:oauth:grant-type:device_code")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_json_body_is_refused(meter_app: Application) -> None:
    answer = Client().post(
        "/oauth/token/", {"grant_type": GRANT}, "application/json", headers=basic(meter_app)
    )

    assert answer.status_code == 400
    assert "error" in answer.json()


def test_nul_byte_is_refused(meter_app: Application) -> None:
    meter_app.client_id = "meter\x00app"

    assert ask_token(meter_app, grant_type=GRANT).status_code == 401
