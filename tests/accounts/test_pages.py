"""The pages on the way in: login and consent, under the strict content security policy."""

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.consent_page import form_action_of
from accounts.models import Application, User
from tests.accounts.oauth import flows
from tests.factories import PASSWORD

LOGIN = "/accounts/login/"


def log_in(**form: str) -> Client:
    browser = Client()
    browser.post(LOGIN, {"username": "dora@example.org", "password": PASSWORD, **form})
    return browser


def test_login_takes_the_address_in_any_case(dora: User) -> None:
    browser = log_in(username="Dora@Example.ORG")

    assert dora.email in browser.get("/accounts/").content.decode()


def test_wrong_password_stays_on_the_page(dora: User) -> None:
    answer = Client().post(LOGIN, {"username": dora.email, "password": "wrong"})

    assert answer.status_code == 200
    assert "do not match" in answer.content.decode()


def test_login_never_leads_to_another_site(dora: User) -> None:
    form = {"username": dora.email, "password": PASSWORD, "next": "https://evil.example.org/"}

    answer = Client().post(LOGIN, form)

    assert answer["Location"] == "/accounts/"


def test_login_changes_the_session_key(dora: User) -> None:
    browser = Client()
    browser.get(LOGIN)
    browser.cookies["sessionid"] = "fixed-by-somebody-else"

    browser.post(LOGIN, {"username": dora.email, "password": PASSWORD})

    assert browser.cookies["sessionid"].value != "fixed-by-somebody-else"


def test_too_many_tries_are_refused(dora: User, settings: LazySettings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": 1}
    Client().post(LOGIN, {"username": dora.email, "password": "wrong"})

    answer = Client().post(LOGIN, {"username": dora.email, "password": PASSWORD})

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_consent_page_says_who_asks_and_what_for(dora: User, meter_app: Application) -> None:
    page = flows.browser_of(dora).get(flows.authorize_url(meter_app)).content.decode()

    assert "Meter app" in page
    assert "Tilleuls Gestion" in page
    assert "See your buildings, their spaces and views." in page
    assert page.count("<script") == page.count('<script src="/static/accounts/consent.js"') == 1


def test_consent_page_lets_the_form_lead_to_the_client_and_nowhere_else(
    dora: User, meter_app: Application
) -> None:
    policy = flows.browser_of(dora).get(flows.authorize_url(meter_app))["Content-Security-Policy"]

    assert "form-action 'self' https://app.example.org;" in f"{policy};"
    assert "frame-ancestors 'none'" in policy


def test_consent_page_sends_people_to_log_in_first(meter_app: Application) -> None:
    answer = Client().get(flows.authorize_url(meter_app))

    assert answer["Location"].startswith(f"{LOGIN}?next=/oauth/authorize/")


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("https://app.example.org/cb", "https://app.example.org"),
        ("http://127.0.0.1:9000/cb", "http://127.0.0.1:9000"),
        ("com.example.app:/cb", "com.example.app:"),
        ("https://a.example.org;script-src *", ""),
        ("", ""),
    ],
)
def test_source_of_an_address_cannot_break_the_policy(address: str, source: str) -> None:
    assert form_action_of(address) == source


def test_logout_needs_a_post(dora: User) -> None:
    browser = flows.browser_of(dora)

    assert browser.get("/accounts/logout/").status_code == 405
    assert browser.post("/accounts/logout/").status_code == 302
    assert browser.get("/accounts/").status_code == 302


def test_forms_keep_their_origin(client: Client, db: None) -> None:
    page = client.get(LOGIN)

    # With `no-referrer` Chromium sends `Origin: null`, and the form would be refused as forged.
    assert page["Referrer-Policy"] == "same-origin"
    assert "referrer" not in page.content.decode()
