"""OpenID Connect: who logged in, told to one client, signed by a key that anybody can look up."""

import base64
import hashlib
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from jwcrypto.jwk import JWKSet
from jwcrypto.jws import InvalidJWSSignature
from jwcrypto.jwt import JWT

from accounts.models import Application, Grant, SigningKey, User
from accounts.tasks import forget_dead_tokens
from tests import factories
from tests.accounts.oauth import flows

SCOPE = "openid profile"


def key_set() -> JWKSet:
    return JWKSet.from_json(Client().get("/oauth/jwks/").content.decode())


def read(token: str) -> dict[str, Any]:
    """Return the claims of an ID token that a published key has signed."""
    return dict(json.loads(JWT(jwt=token, key=key_set(), algs=["RS256"]).claims))


def kid_of(token: str) -> str:
    header = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(f"{header}=="))["kid"])


def userinfo(token: str) -> Any:
    return Client().get("/oauth/userinfo/", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def tokens(dora: User, meter_app: Application) -> dict[str, Any]:
    return flows.tokens_of(dora, meter_app, scope=SCOPE, nonce="n-0S6_WzA2Mj")


def test_id_token_tells_one_client_who_logged_in_and_when(
    tokens: dict[str, Any], dora: User
) -> None:
    claims, now = read(tokens["id_token"]), int(time.time())

    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["iss"] == "http://127.0.0.1:8000"
    assert (claims["sub"], claims["aud"]) == (str(dora.pk), "meter-app")
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")
    assert claims["exp"] - claims["iat"] == 3600
    assert now - 60 < claims["auth_time"] <= claims["iat"] <= now
    assert "email" not in claims


def test_auth_time_is_that_of_the_browser_and_not_of_the_last_login(
    dora: User, meter_app: Application
) -> None:
    browser = flows.browser_of(dora)
    session = browser.session
    session["logged_in_at"] = 1_700_000_000
    session.save()

    code = flows.approve_in(browser, meter_app, scope=SCOPE)["code"]
    tokens = flows.exchange(meter_app, code).json()

    assert read(tokens["id_token"])["auth_time"] == 1_700_000_000


def test_without_the_scope_nobody_is_named(dora: User, meter_app: Application) -> None:
    tokens = flows.tokens_of(dora, meter_app)

    assert "id_token" not in tokens
    assert userinfo(tokens["access_token"]).status_code == 403


def test_refresh_gives_no_new_id_token(tokens: dict[str, Any], meter_app: Application) -> None:
    new = flows.refresh(meter_app, tokens["refresh_token"]).json()

    assert "id_token" not in new
    assert userinfo(new["access_token"]).status_code == 200


def test_application_has_no_identity_of_a_person(meter_app: Application) -> None:
    answer = flows.ask_token(meter_app, grant_type="client_credentials", scope="openid")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_userinfo_tells_what_the_scopes_allow(tokens: dict[str, Any], dora: User) -> None:
    body = userinfo(tokens["access_token"]).json()

    assert body["sub"] == read(tokens["id_token"])["sub"] == str(dora.pk)
    assert (body["email"], body["email_verified"]) == ("dora@example.org", False)
    assert {"name", "locale", "zoneinfo", "updated_at"} <= set(body)


def test_userinfo_without_the_profile_is_a_name_for_a_stranger(
    dora: User, meter_app: Application
) -> None:
    token = flows.tokens_of(dora, meter_app, scope="openid")["access_token"]

    assert userinfo(token).json() == {"sub": str(dora.pk)}


@pytest.mark.django_db
def test_userinfo_refuses_by_the_book(tokens: dict[str, Any], meter_app: Application) -> None:
    nothing = Client().get("/oauth/userinfo/")
    wrong = userinfo("wrong")
    own = userinfo(factories.make_access_token(meter_app))

    assert (nothing.status_code, nothing["WWW-Authenticate"]) == (401, 'Bearer realm="atrium"')
    assert 'error="invalid_token"' in wrong["WWW-Authenticate"]
    assert (own.status_code, own.json()["error"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("method", ["get", "post"])
def test_userinfo_looks_for_the_token_in_the_header_alone(
    tokens: dict[str, Any], method: str
) -> None:
    text = tokens["access_token"]
    url = f"/oauth/userinfo/?access_token={text}"

    assert getattr(Client(), method)(url, {"access_token": text}).status_code == 401


def test_userinfo_ends_with_the_consent_and_the_account(tokens: dict[str, Any], dora: User) -> None:
    User.objects.filter(pk=dora.pk).update(is_active=False)

    assert userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.django_db
def test_published_keys_are_public_halves_for_signatures() -> None:
    answer = Client().get("/oauth/jwks/")

    [key] = answer.json()["keys"]
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
    assert key["kid"]
    assert {"d", "p", "q", "dp", "dq", "qi"}.isdisjoint(key)
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert SigningKey.objects.count() == 1


def test_private_key_is_unreadable_in_the_database(tokens: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT private_key FROM accounts_signingkey")
        [stored] = cursor.fetchone()

    assert b'"d"' not in bytes(stored)
    private: Any = SigningKey.objects.get().private_key
    assert private["d"]


def test_rotation_lets_a_new_key_sign_and_keeps_the_old_one_known(
    tokens: dict[str, Any], dora: User, meter_app: Application
) -> None:
    call_command("rotate_oidc_key", verbosity=0)
    new = flows.tokens_of(dora, meter_app, scope=SCOPE)

    assert read(tokens["id_token"])["sub"] == read(new["id_token"])["sub"]
    assert kid_of(tokens["id_token"]) != kid_of(new["id_token"])
    assert SigningKey.objects.filter(retired_at=None).count() == 1


def test_old_key_goes_when_its_tokens_are_over(tokens: dict[str, Any]) -> None:
    call_command("rotate_oidc_key", verbosity=0)
    SigningKey.objects.exclude(retired_at=None).update(
        retired_at=timezone.now() - timedelta(hours=1, minutes=6)
    )

    assert len(Client().get("/oauth/jwks/").json()["keys"]) == 1
    forget_dead_tokens()
    assert SigningKey.objects.count() == 1
    with pytest.raises(InvalidJWSSignature):
        JWT(jwt=tokens["id_token"], key=key_set().get_key(SigningKey.objects.get().kid))


def test_login_that_is_too_old_is_asked_for_again(dora: User, meter_app: Application) -> None:
    browser = flows.browser_of(dora)
    session = browser.session
    session["logged_in_at"] = int(time.time()) - 100
    session.save()

    young = browser.get(flows.authorize_url(meter_app, max_age="200"))
    old = browser.get(flows.authorize_url(meter_app, max_age="50"))

    assert young.status_code == 200
    assert old["Location"].startswith("/accounts/login/?next=/oauth/authorize/")
    assert "max_age" not in old["Location"]


@pytest.mark.parametrize("prompt", ["login", "select_account", "login consent"])
def test_client_may_ask_for_a_fresh_login(dora: User, meter_app: Application, prompt: str) -> None:
    browser = flows.browser_of(dora)

    answer = browser.get(flows.authorize_url(meter_app, prompt=prompt))

    assert answer["Location"].startswith("/accounts/login/?next=/oauth/authorize/")
    assert "prompt" not in answer["Location"]
    assert "_auth_user_id" not in browser.session


def test_silent_request_of_somebody_unknown_asks_for_a_login(meter_app: Application) -> None:
    answer = Client().get(flows.authorize_url(meter_app, prompt="none", scope="openid"))

    assert flows.received(answer)["error"] == "login_required"


def test_nonce_that_is_too_long_is_refused(dora: User, meter_app: Application) -> None:
    answer = flows.approve(dora, meter_app, scope=SCOPE, nonce="n" * 256)

    assert answer["error"] == "invalid_request"
    assert not Grant.objects.exists()
