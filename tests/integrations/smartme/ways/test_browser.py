"""A person lets Atrium in through the browser, and only that person, in that session, once."""

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.test import Client as Browser

from accounts.models import B2BUser, User
from integrations.models import Connection, ConnectionAuthorization
from integrations.smartme.authorizing import begin, redirect_uri
from tests.conftest import Client
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import sync
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
URL = "/api/v1/smartme/connections/"


def browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def decide(page: Any, decision: str = "allow") -> str:
    """Follow the link of our page to smart-me, decide there, and return where it leads back to."""
    address = page.context["address"]
    answer = httpx.get(f"{address}&login=tilleuls&decision={decision}", trust_env=False)
    assert answer.status_code == 302
    return str(answer.headers["location"])


def start(browser: Browser, connection: Connection, user: User) -> Any:
    attempt = begin(connection=connection, user=user, grant="authorization_code")
    return browser.get(f"/smartme/authorize/{attempt.pk}/")


def test_allowed_account_is_read(as_: Client, bob: User, asked: Connection) -> None:
    browser = browser_of(bob)
    begun = as_(bob).post(f"{URL}{asked.pk}/authorize/", {})
    assert begun.status_code == 201
    page = browser.get(path_of(begun.json()["address"]))

    done = browser.get(path_of(decide(page)))

    assert done.status_code == 200
    assert "smart-me is connected" in done.content.decode()
    asked.refresh_from_db()
    assert asked.claims == ["device.read", "offline_access"]
    assert sync(asked).outcome == "ok"


def test_way_to_the_cloud_carries_state_and_challenge_but_no_secret(
    bob: User, asked: Connection
) -> None:
    page = start(browser_of(bob), asked, bob)

    given = parse_qs(urlsplit(page.context["address"]).query)

    assert set(given) == {
        *("response_type", "client_id", "redirect_uri", "scope", "state"),
        *("code_challenge", "code_challenge_method"),
    }
    assert given["redirect_uri"] == [redirect_uri()]
    assert given["scope"] == ["device.read offline_access"]
    assert "app-s3cret" not in page.content.decode()


def test_code_that_was_not_asked_for_with_our_verifier_is_worthless(
    bob: User, asked: Connection, cloud: Cloud
) -> None:
    page = start(browser_of(bob), asked, bob)
    code = parse_qs(urlsplit(decide(page)).query)["code"][0]

    form = {"grant_type": "authorization_code", "code": code, "code_verifier": "guess" * 10}
    form |= {"client_id": "atrium", "client_secret": "app-s3cret", "redirect_uri": redirect_uri()}

    assert cloud.http.post("/oauth/token", data=form).json()["error"] == "invalid_grant"


def test_refusal_is_said_and_changes_nothing(bob: User, asked: Connection) -> None:
    browser = browser_of(bob)

    done = browser.get(path_of(decide(start(browser, asked, bob), "deny")))

    assert done.status_code == 400
    assert "The person who was asked refused" in done.content.decode()
    assert ConnectionAuthorization.objects.get().outcome == "refused"
    assert Connection.objects.get(pk=asked.pk).tokens is None


def test_answer_in_another_session_is_refused(bob: User, asked: Connection) -> None:
    back = path_of(decide(start(browser_of(bob), asked, bob)))

    done = browser_of(bob).get(back)

    assert "This does not belong here" in done.content.decode()
    assert Connection.objects.get(pk=asked.pk).tokens is None


def test_answer_of_another_person_is_refused(bob: User, alice: User, asked: Connection) -> None:
    back = path_of(decide(start(browser_of(bob), asked, bob)))

    assert browser_of(alice).get(back).status_code == 400
    assert Connection.objects.get(pk=asked.pk).tokens is None


def test_answer_counts_once(bob: User, asked: Connection) -> None:
    browser = browser_of(bob)
    back = path_of(decide(start(browser, asked, bob)))

    assert browser.get(back).status_code == 200
    assert browser.get(back).status_code == 400


def test_state_of_a_page_that_was_opened_again_is_worthless(bob: User, asked: Connection) -> None:
    browser = browser_of(bob)
    page = start(browser, asked, bob)
    first = path_of(decide(page))
    browser.get(page.request["PATH_INFO"])

    assert browser.get(first).status_code == 400


def test_only_who_began_may_go_on(bob: User, alice: User, asked: Connection) -> None:
    assert start(browser_of(alice), asked, bob).status_code == 404


def test_person_who_lost_their_role_may_not_go_on(bob: User, asked: Connection) -> None:
    browser = browser_of(bob)
    back = path_of(decide(start(browser, asked, bob)))
    B2BUser.objects.filter(user=bob).delete()

    assert browser.get(back).status_code == 400
    assert Connection.objects.get(pk=asked.pk).tokens is None


def test_claim_that_was_not_granted_is_named_with_what_it_switches_off(
    bob: User, asked: Connection, cloud: Cloud
) -> None:
    cloud.change("accounts", name="tilleuls", grantable=["device.read"])
    browser = browser_of(bob)

    done = browser.get(path_of(decide(start(browser, asked, bob))))

    assert "offline_access" in done.content.decode()
    assert "The access ends within the hour" in done.content.decode()


def test_licence_that_is_too_low_is_said(bob: User, asked: Connection, cloud: Cloud) -> None:
    cloud.change("accounts", name="tilleuls", licence="limited")
    browser = browser_of(bob)

    done = browser.get(path_of(decide(start(browser, asked, bob))))

    assert "Professional licence" in done.content.decode()


def test_public_application_needs_no_secret(bob: User, asked: Connection) -> None:
    fields = {"client_id": "atrium-public", "secret": None}
    Connection.objects.filter(pk=asked.pk).update(**fields)
    browser = browser_of(bob)

    assert browser.get(path_of(decide(start(browser, asked, bob)))).status_code == 200


def test_connection_nobody_allowed_says_so(asked: Connection) -> None:
    run = sync(asked)

    assert run.outcome == "failed"
    assert "Nobody has allowed Atrium" in asked.problem


def test_token_without_a_person_cannot_begin_in_the_browser(
    as_: Client, meter_app: Any, asked: Connection
) -> None:
    answer = as_(meter_app).post(f"{URL}{asked.pk}/authorize/", {})

    assert_problem(answer, HTTPStatus.CONFLICT, "person-required")


def test_connection_with_a_key_has_nothing_to_allow(
    as_: Client, bob: User, asked: Connection
) -> None:
    Connection.objects.filter(pk=asked.pk).update(auth_method="api_key")

    assert_problem(
        as_(bob).post(f"{URL}{asked.pk}/authorize/", {}),
        HTTPStatus.CONFLICT,
        "connection-not-oauth",
    )


def test_latest_attempt_is_shown(as_: Client, bob: User, asked: Connection) -> None:
    client = as_(bob)
    assert client.get(f"{URL}{asked.pk}/authorize/").status_code == 404
    client.post(f"{URL}{asked.pk}/authorize/", {})
    client.post(f"{URL}{asked.pk}/authorize/", {})

    assert client.get(f"{URL}{asked.pk}/authorize/").json()["outcome"] == "waiting"
    outcomes = set(ConnectionAuthorization.objects.values_list("outcome", flat=True))
    assert outcomes == {"waiting", "expired"}
