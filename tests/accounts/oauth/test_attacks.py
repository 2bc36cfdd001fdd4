"""What somebody would try at the protocol, each refused; by the numbers of RFC 9700 section 4."""

import base64
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.hashers import ClientSecretHasher
from accounts.models import AccessToken, Application, Consent, Grant, User
from accounts.selectors import find_token
from accounts.services.applications import delete_application
from tests import factories
from tests.accounts.oauth import flows
from tests.factories import CLIENT_SECRET

CREDENTIALS = {"grant_type": "client_credentials"}
FORM = "application/x-www-form-urlencoded"


def me(token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return Client().get("/api/v1/me/", headers=headers).status_code


def ask(user: User, application: Application, **overrides: str | None) -> Any:
    return flows.browser_of(user).get(flows.authorize_url(application, **overrides))


@pytest.mark.parametrize("answer", ["code", "error"])
def test_every_answer_says_which_server_gives_it(
    dora: User, meter_app: Application, answer: str
) -> None:
    if answer == "code":
        received = flows.approve(dora, meter_app)
    else:
        received = flows.received(ask(dora, meter_app, scope="no:such"))

    assert answer in received
    assert received["iss"] == "http://127.0.0.1:8000"
    assert received["state"] == "xyz"


def test_issuer_cannot_be_forged_by_the_address_to_return_to(
    dora: User, meter_app: Application
) -> None:
    address = "https://app.example.org/callback?iss=https://evil.example.org"
    Application.objects.update(redirect_uris=address)

    answer = ask(dora, meter_app, redirect_uri=address, scope="no:such")

    assert answer["Location"].count("iss=") == 1
    assert "evil" not in answer["Location"]


def test_code_of_a_user_is_bound_to_its_client_verifier_and_address(
    dora: User, meter_app: Application
) -> None:
    thief, code = flows.another_client(meter_app), flows.approve(dora, meter_app)["code"]

    answers = [
        flows.exchange(thief, code),
        flows.exchange(meter_app, code, client_id="other-app"),
        flows.exchange(meter_app, code, code_verifier=""),
        flows.exchange(meter_app, code, code_verifier=flows.CHALLENGE),
        flows.exchange(meter_app, code, redirect_uri=""),
    ]

    assert [answer.status_code for answer in answers] == [400] * 5
    assert not AccessToken.objects.exists()


def test_code_in_the_hands_of_another_client_ends_what_came_of_it(
    dora: User, meter_app: Application
) -> None:
    thief, code = flows.another_client(meter_app), flows.approve(dora, meter_app)["code"]
    token = flows.exchange(meter_app, code).json()["access_token"]

    flows.exchange(thief, code)

    assert find_token(token) is None


def test_code_that_has_expired_is_refused(dora: User, meter_app: Application) -> None:
    code = flows.approve(dora, meter_app)["code"]
    for grant in Grant.objects.all():
        Grant.objects.filter(pk=grant.pk).update(expires=grant.created)

    assert flows.exchange(meter_app, code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "body", ["grant_type=client_credentials&grant_type=password", "scope=a&scope=b"]
)
@pytest.mark.parametrize("path", ["token", "revoke", "introspect", "device-authorization"])
def test_parameter_that_comes_twice_is_refused(
    meter_app: Application, path: str, body: str
) -> None:
    headers = flows.basic(meter_app)

    answer = Client().post(f"/oauth/{path}/", f"{body}&token=x", FORM, headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "scope", "state", "code_challenge"])
def test_parameter_that_comes_twice_asks_nobody(
    dora: User, meter_app: Application, name: str
) -> None:
    url = f"{flows.authorize_url(meter_app)}&{name}=evil"

    answer = flows.browser_of(dora).get(url)

    assert answer.status_code in {302, 400}
    if answer.status_code == HTTPStatus.FOUND:
        assert flows.received(answer)["error"] == "invalid_request"


@pytest.mark.parametrize("path", ["token", "revoke", "introspect", "device-authorization"])
def test_secrets_in_the_address_are_refused(meter_app: Application, path: str) -> None:
    url = f"/oauth/{path}/?client_id=meter-app&client_secret={CLIENT_SECRET}"

    answer = Client().post(url, {**CREDENTIALS, "token": "x"})

    assert answer.status_code == 400
    assert not AccessToken.objects.exists()


def test_client_uses_one_method_only(meter_app: Application) -> None:
    both = flows.ask_token(meter_app, **CREDENTIALS, client_secret=CLIENT_SECRET)
    mixed = flows.ask_token(meter_app, **CREDENTIALS, client_id="other-app")

    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")
    assert (mixed.status_code, mixed.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic"])
def test_scheme_is_read_in_any_case(meter_app: Application, scheme: str) -> None:
    pair = base64.b64encode(f"meter-app:{CLIENT_SECRET}".encode()).decode()
    headers = {"Authorization": f"{scheme} {pair}"}

    assert Client().post("/oauth/token/", CREDENTIALS, headers=headers).status_code == 200


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic YQ==", "Basic /w==", "Digest x"])
def test_header_that_cannot_be_read_is_no_client(meter_app: Application, header: str) -> None:
    answer = Client().post("/oauth/token/", CREDENTIALS, headers={"Authorization": header})

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_parameter_names_and_grants_are_case_sensitive(meter_app: Application) -> None:
    shouted = flows.ask_token(meter_app, GRANT_TYPE="client_credentials")
    capital = flows.ask_token(meter_app, grant_type="Client_Credentials")

    assert shouted.json()["error"] == capital.json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("method", ["header", "body"])
def test_unknown_client_costs_what_a_wrong_secret_costs(
    meter_app: Application, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    calls: list[str] = []
    encode = ClientSecretHasher.encode

    def counting(self: ClientSecretHasher, *args: Any, **kwargs: Any) -> str:
        calls.append("hashed")
        return encode(self, *args, **kwargs)

    monkeypatch.setattr(ClientSecretHasher, "encode", counting)

    def work_for(client_id: str) -> int:
        calls.clear()
        pair = base64.b64encode(f"{client_id}:wrong".encode()).decode()
        form = {"client_id": client_id, "client_secret": "wrong"}
        headers = {"Authorization": f"Basic {pair}"} if method == "header" else {}
        given = CREDENTIALS if method == "header" else {**CREDENTIALS, **form}
        assert Client().post("/oauth/token/", given, headers=headers).status_code == 401
        return len(calls)

    work_for("warm-up")
    assert work_for("nobody") == work_for("meter-app") == 1


def test_tokens_end_with_their_user_and_their_application(
    dora: User, meter_app: Application
) -> None:
    token = flows.tokens_of(dora, meter_app)
    assert me(token["access_token"]) == 200

    User.objects.filter(pk=dora.pk).update(is_active=False)
    assert me(token["access_token"]) == 401
    User.objects.filter(pk=dora.pk).update(is_active=True)
    delete_application(application=meter_app)

    assert me(token["access_token"]) == 401
    answer = flows.refresh(meter_app, token["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("place", ["query", "body", "cookie", "scheme"])
def test_token_counts_in_the_header_alone(meter_app: Application, place: str) -> None:
    token = factories.make_access_token(meter_app)
    client, url = Client(), "/api/v1/sites/"
    calls = {
        "query": lambda: client.get(url, {"access_token": token}),
        "body": lambda: client.post(url, {"access_token": token}, "application/json"),
        "cookie": lambda: client.get(url, headers={"Cookie": f"access_token={token}"}),
        "scheme": lambda: client.get(url, headers={"Authorization": f"Token {token}"}),
    }

    assert calls[place]().status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_bearer_is_read_in_any_case(meter_app: Application, scheme: str) -> None:
    token = factories.make_access_token(meter_app)
    headers = {"Authorization": f"{scheme} {token}"}

    assert Client().get("/api/v1/sites/", headers=headers).status_code == 200


def test_refresh_token_and_digest_open_nothing(dora: User, meter_app: Application) -> None:
    tokens = flows.tokens_of(dora, meter_app)

    assert me(tokens["refresh_token"]) == 401
    assert me(AccessToken.objects.get().token_checksum) == 401
    assert flows.refresh(meter_app, tokens["access_token"]).status_code == 400


def test_id_token_opens_nothing(dora: User, meter_app: Application) -> None:
    tokens = flows.tokens_of(dora, meter_app, scope="openid profile")

    assert me(tokens["id_token"]) == 401


def test_ids_of_other_tenants_are_not_taken_from_the_form(
    dora: User, alice: User, meter_app: Application
) -> None:
    browser, url = flows.browser_of(dora), flows.authorize_url(meter_app)
    initial = browser.get(url).context["form"].initial
    fields = {name: value for name, value in initial.items() if value is not None}
    smuggled = {"user": str(alice.pk), "user_id": str(alice.pk), "consent": str(uuid4())}

    browser.post(url, {**fields, **smuggled, "allow": "true"})

    assert Consent.objects.get().user == dora
    assert Grant.objects.get().user == dora


def test_form_cannot_name_another_client(dora: User, meter_app: Application, charlie: User) -> None:
    theirs = factories.make_application(
        factories.make_organisation(), client_id="theirs", redirect_uris="https://evil.example.org/"
    )
    browser, url = flows.browser_of(dora), flows.authorize_url(meter_app)
    initial = browser.get(url).context["form"].initial
    fields = {name: value for name, value in initial.items() if value is not None}

    browser.post(url, {**fields, "client_id": theirs.client_id, "allow": "true"})

    assert not Grant.objects.filter(application=theirs).exists()
