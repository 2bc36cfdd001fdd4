"""Authorization code with PKCE: a user lets an application act for them."""

import pytest

from accounts.models import AccessToken, Application, Consent, Grant, User
from tests.accounts.oauth import flows


def test_code_becomes_tokens_that_rest_on_a_consent(dora: User, meter_app: Application) -> None:
    answer = flows.approve(dora, meter_app)
    tokens = flows.exchange(meter_app, answer["code"]).json()

    consent = Consent.objects.get(user=dora, application=meter_app)
    assert answer["state"] == "xyz"
    assert answer["iss"] == "http://127.0.0.1:8000"
    assert tokens["scope"] == "profile sites:read"
    assert consent.scopes == ["profile", "sites:read"]
    assert AccessToken.objects.get().consent == consent
    assert tokens["refresh_token"]


def test_request_without_scope_asks_for_the_profile_alone(
    dora: User, meter_app: Application
) -> None:
    assert flows.tokens_of(dora, meter_app, scope=None)["scope"] == "profile"


def test_code_is_kept_as_a_digest_alone(dora: User, meter_app: Application) -> None:
    code = flows.approve(dora, meter_app)["code"]

    assert Grant.objects.get().code != code
    assert Grant.objects.get(code=code)


def test_stolen_digest_is_no_code(dora: User, meter_app: Application) -> None:
    flows.approve(dora, meter_app)

    answer = flows.exchange(meter_app, str(Grant.objects.get().code))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_replayed_code_ends_the_tokens_that_came_from_it(
    dora: User, meter_app: Application
) -> None:
    code = flows.approve(dora, meter_app)["code"]
    first = flows.exchange(meter_app, code).json()

    again = flows.exchange(meter_app, code)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert not AccessToken.objects.exists()
    assert flows.refresh(meter_app, first["refresh_token"]).status_code == 400


def test_code_of_another_client_is_refused(dora: User, meter_app: Application) -> None:
    code = flows.approve(dora, meter_app)["code"]
    other = flows.another_client(meter_app)

    assert flows.exchange(other, code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "form", [{"code_verifier": "wrong" * 10}, {"redirect_uri": "https://evil.example.org/"}]
)
def test_wrong_verifier_or_address_is_refused(
    dora: User, meter_app: Application, form: dict[str, str]
) -> None:
    code = flows.approve(dora, meter_app)["code"]

    answer = flows.exchange(meter_app, code, **form)

    assert answer.status_code == 400
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    ("overrides", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"scope": "sites:read no:such"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unauthorized_client"),
        ({"response_type": None}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://app.example.org/request"}, "request_uri_not_supported"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"prompt": "none"}, "consent_required"),
        ({"approval_prompt": "auto"}, "invalid_request"),
    ],
)
def test_wrong_request_goes_back_to_the_client_with_an_error(
    dora: User, meter_app: Application, overrides: dict[str, str | None], error: str
) -> None:
    answer = flows.browser_of(dora).get(flows.authorize_url(meter_app, **overrides))

    assert flows.received(answer)["error"] == error


def test_wrong_request_needs_no_login_to_be_refused(meter_app: Application) -> None:
    answer = flows.Client().get(flows.authorize_url(meter_app, scope="no:such"))

    assert answer["Location"].startswith("https://app.example.org/callback?error=invalid_scope")


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example.org/callback/more",
        "https://app.example.org/callback#fragment",
        "https://app.example.org@evil.example.org/callback",
        "https://APP.example.org/Callback",
        "http://app.example.org/callback",
        "https://evil.example.org/callback",
        "https://app.example.org:444/callback",
        "javascript:alert(1)",
    ],
)
def test_address_that_is_not_registered_is_never_redirected_to(
    dora: User, meter_app: Application, address: str
) -> None:
    url = flows.authorize_url(meter_app, redirect_uri=address)

    answer = flows.browser_of(dora).get(url)

    assert answer.status_code == 400
    assert "Location" not in answer


def test_user_who_refuses_sends_an_error_back(dora: User, meter_app: Application) -> None:
    browser, url = flows.browser_of(dora), flows.authorize_url(meter_app)

    answer = browser.post(url, {**flows.filled_in(browser, url), "refuse": "1"})

    assert flows.received(answer)["error"] == "access_denied"
    assert not Consent.objects.exists()


def test_scope_smuggled_into_the_form_is_refused(dora: User, meter_app: Application) -> None:
    Application.objects.update(scopes=["profile", "sites:read"])
    browser, url = flows.browser_of(dora), flows.authorize_url(meter_app)
    fields = flows.filled_in(browser, url, scopes=["profile", "sites:write"])

    answer = browser.post(url, {**fields, "allow": "1"})

    assert "It does not ask for this." in answer.content.decode()
    assert not Consent.objects.exists()


def test_what_the_client_asks_is_read_from_the_address_alone(
    dora: User, meter_app: Application
) -> None:
    browser, url = flows.browser_of(dora), flows.authorize_url(meter_app)
    body = {"redirect_uri": "https://evil.example.org/", "scope": "audit:read", "state": "evil"}

    answer = browser.post(url, {**flows.filled_in(browser, url), **body, "allow": "1"})

    assert answer["Location"].startswith("https://app.example.org/callback?code=")
    assert flows.received(answer)["state"] == "xyz"
    assert Consent.objects.get().scopes == ["profile", "sites:read"]


def test_consent_needs_the_form_of_our_own_page(dora: User, meter_app: Application) -> None:
    browser = flows.Client(enforce_csrf_checks=True)
    browser.force_login(dora)

    answer = browser.post(flows.authorize_url(meter_app), {"allow": "1"})

    assert answer.status_code == 403


def test_deactivated_user_gets_no_token_for_their_code(dora: User, meter_app: Application) -> None:
    code = flows.approve(dora, meter_app)["code"]
    User.objects.update(is_active=False)

    assert flows.exchange(meter_app, code).json()["error"] == "invalid_grant"
