"""Revocation, introspection, metadata and limits of the OAuth endpoints."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.choices import GrantType
from accounts.models import Application, Consent, User
from accounts.services.consents import revoke_consent
from accounts.services.organisations import create_organisation
from tests import factories
from tests.accounts.oauth import flows


@pytest.fixture
def stranger(charlie: User) -> Application:
    organisation = create_organisation(name="Elsewhere", owner=charlie)
    return factories.make_application(organisation, client_id="stranger")


def introspect(application: Application, token: str) -> Any:
    headers = flows.basic(application)
    return Client().post("/oauth/introspect/", {"token": token}, headers=headers)


def test_client_learns_about_its_own_token(dora: User, meter_app: Application) -> None:
    token = flows.tokens_of(dora, meter_app)["access_token"]

    body = introspect(meter_app, token).json()

    assert body["active"] is True
    assert body["scope"] == "profile sites:read"
    assert body["sub"] == str(dora.pk)
    assert body["client_id"] == "meter-app"


def test_client_learns_nothing_about_the_token_of_another(
    meter_app: Application, stranger: Application
) -> None:
    token = factories.make_access_token(meter_app)

    assert introspect(stranger, token).json() == {"active": False}


def test_token_of_a_withdrawn_consent_is_not_active(dora: User, meter_app: Application) -> None:
    token = flows.tokens_of(dora, meter_app)["access_token"]
    revoke_consent(consent=Consent.objects.get())

    assert introspect(meter_app, token).json() == {"active": False}


def test_introspection_needs_the_secret(meter_app: Application) -> None:
    answer = Client().post("/oauth/introspect/", {"token": "x", "client_id": "meter-app"})

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert "WWW-Authenticate" in answer


def test_introspection_needs_a_token(meter_app: Application) -> None:
    assert introspect(meter_app, "").json()["error"] == "invalid_request"


def test_revoked_token_is_refused_by_the_next_request(meter_app: Application) -> None:
    token = factories.make_access_token(meter_app)

    answer = Client().post("/oauth/revoke/", {"token": token}, headers=flows.basic(meter_app))

    assert answer.status_code == 200
    assert introspect(meter_app, token).json() == {"active": False}


def test_client_cannot_revoke_the_token_of_another(
    meter_app: Application, stranger: Application
) -> None:
    token = factories.make_access_token(meter_app)

    answer = Client().post("/oauth/revoke/", {"token": token}, headers=flows.basic(stranger))

    assert answer.status_code == 200
    assert introspect(meter_app, token).json()["active"] is True


@pytest.mark.parametrize("name", ["oauth-authorization-server", "openid-configuration"])
@pytest.mark.django_db
def test_metadata_name_what_is_served_and_nothing_else(name: str) -> None:
    body = Client().get(f"/.well-known/{name}").json()

    assert body["issuer"] == "http://127.0.0.1:8000"
    assert body["token_endpoint"] == "http://127.0.0.1:8000/oauth/token/"
    assert body["code_challenge_methods_supported"] == ["S256"]
    assert body["response_types_supported"] == ["code"]
    assert {"password", "implicit"}.isdisjoint(body["grant_types_supported"])
    assert "sites:read" in body["scopes_supported"]
    assert set(body["grant_types_supported"]) == set(GrantType)


@pytest.mark.django_db
def test_every_address_in_the_metadata_is_served() -> None:
    body = Client().get("/.well-known/openid-configuration").json()
    named = {name: url for name, url in body.items() if name.endswith(("_endpoint", "_uri"))}

    served = {name: Client().post(urlsplit(url).path).status_code for name, url in named.items()}

    assert len(named) == 7
    assert 404 not in served.values()


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("token", "token"),
        ("revoke", "revocation"),
        ("introspect", "introspection"),
        ("device-authorization", "device_authorization"),
    ],
)
@pytest.mark.django_db
def test_every_endpoint_has_a_limit_of_its_own(
    path: str, policy: str, settings: LazySettings
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, policy: 0}

    answer = Client().post(f"/oauth/{path}/", {"client_id": "any"})

    assert (answer.status_code, answer.json()["error"]) == (429, "temporarily_unavailable")
    assert "Retry-After" in answer


def test_client_that_asks_too_often_is_told_when_to_come_back(
    meter_app: Application, settings: LazySettings
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "token": 1}
    flows.ask_token(meter_app, grant_type="client_credentials")

    answer = flows.ask_token(meter_app, grant_type="client_credentials")

    assert answer.status_code == 429
    assert answer.json()["error"] == "temporarily_unavailable"
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["RateLimit"].startswith('"token";r=0')


def test_failures_are_limited_by_address_whatever_the_client(
    meter_app: Application, settings: LazySettings
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "anonymous": 1}
    for name in ("first", "second"):
        meter_app.client_id = name
        answer = flows.ask_token(meter_app, grant_type="client_credentials")

    assert answer.status_code == 429


def test_token_that_is_meant_for_another_server_is_not_issued(meter_app: Application) -> None:
    form = {"grant_type": "client_credentials", "resource": "https://api.example.org"}

    answer = flows.ask_token(meter_app, **form)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")
