"""Refresh tokens: they rotate, and a used one that comes back ends its whole family."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AccessToken, Application, Consent, RefreshToken, User
from accounts.selectors import find_token
from accounts.services.consents import revoke_consent
from tests.accounts.oauth import flows


@pytest.fixture
def tokens(dora: User, meter_app: Application) -> dict[str, Any]:
    return flows.tokens_of(dora, meter_app)


def test_refresh_gives_a_new_pair_and_ends_the_old(
    tokens: dict[str, Any], meter_app: Application
) -> None:
    new = flows.refresh(meter_app, tokens["refresh_token"]).json()

    assert new["refresh_token"] != tokens["refresh_token"]
    assert find_token(tokens["access_token"]) is None
    found = find_token(new["access_token"])
    assert found
    assert found.terms
    assert found.terms.id == Consent.objects.get().pk


def test_tokens_are_kept_as_digests_alone(tokens: dict[str, Any]) -> None:
    assert AccessToken.objects.get().token == ""
    assert RefreshToken.objects.get().token == ""


def test_refresh_may_narrow_the_scope(tokens: dict[str, Any], meter_app: Application) -> None:
    new = flows.refresh(meter_app, tokens["refresh_token"], scope="profile").json()

    assert new["scope"] == "profile"


def test_narrowing_one_access_token_does_not_narrow_the_next(
    tokens: dict[str, Any], meter_app: Application
) -> None:
    narrow = flows.refresh(meter_app, tokens["refresh_token"], scope="profile").json()

    assert flows.refresh(meter_app, narrow["refresh_token"]).json()["scope"] == "profile sites:read"


def test_refresh_token_of_before_the_upgrade_knows_its_scope(
    tokens: dict[str, Any], meter_app: Application
) -> None:
    RefreshToken.objects.update(scope="")

    new = flows.refresh(meter_app, tokens["refresh_token"]).json()

    assert new["scope"] == "profile sites:read"
    assert RefreshToken.objects.get(revoked=None).scope == "profile sites:read"


def test_refresh_token_that_was_not_used_for_ninety_days_is_over(
    tokens: dict[str, Any], meter_app: Application
) -> None:
    AccessToken.objects.update(expires=timezone.now() - timedelta(days=90, seconds=1))

    assert flows.refresh(meter_app, tokens["refresh_token"]).status_code == 400


def test_refresh_may_not_widen_the_scope(tokens: dict[str, Any], meter_app: Application) -> None:
    answer = flows.refresh(meter_app, tokens["refresh_token"], scope="profile sites:write")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_refresh_never_outgrows_a_narrowed_consent(
    tokens: dict[str, Any], meter_app: Application
) -> None:
    Consent.objects.update(scopes=["profile"])

    assert flows.refresh(meter_app, tokens["refresh_token"]).json()["scope"] == "profile"


def test_refresh_after_the_consent_was_withdrawn_is_refused(
    tokens: dict[str, Any], meter_app: Application
) -> None:
    revoke_consent(consent=Consent.objects.get())

    answer = flows.refresh(meter_app, tokens["refresh_token"])

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_refresh_after_the_consent_expired_is_refused(
    tokens: dict[str, Any], meter_app: Application
) -> None:
    Consent.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    answer = flows.refresh(meter_app, tokens["refresh_token"])

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_client_without_the_refresh_grant_gets_no_refresh_token(
    dora: User, meter_app: Application
) -> None:
    Application.objects.update(grant_types=["authorization_code"])

    assert "refresh_token" not in flows.tokens_of(dora, meter_app)


def test_refresh_token_of_another_client_is_refused(
    tokens: dict[str, Any], meter_app: Application
) -> None:
    other = flows.another_client(meter_app)

    assert flows.refresh(other, tokens["refresh_token"]).status_code == 400


def test_public_client_refreshes_without_a_secret(dora: User, meter_app: Application) -> None:
    Application.objects.update(client_type=Application.CLIENT_PUBLIC)
    code = flows.approve(dora, meter_app)["code"]
    form = {"client_id": "meter-app", "code": code, "redirect_uri": flows.REDIRECT_URI}
    form |= {"grant_type": "authorization_code", "code_verifier": flows.VERIFIER}
    tokens = flows.Client().post("/oauth/token/", form).json()

    form = {"client_id": "meter-app", "refresh_token": tokens["refresh_token"]}
    answer = flows.Client().post("/oauth/token/", {**form, "grant_type": "refresh_token"})

    assert answer.status_code == 200
