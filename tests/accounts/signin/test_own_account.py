"""What people change of their own account: password, address, name; and signing out everywhere."""

from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core import mail
from django.test import Client

from accounts.models import AuditEntry, Letter, User
from tests.accounts.oauth import flows
from tests.accounts.signin.people import follow, is_in, link_in, try_password
from tests.factories import PASSWORD

NEW = "an entirely new passphrase"
PASSWORD_PAGE, ADDRESS_PAGE = "/accounts/password/", "/accounts/address/"
CHANGE = {"present": PASSWORD, "password": NEW, "again": NEW}
PAGES = [
    *("/accounts/", "/accounts/profile/", PASSWORD_PAGE, ADDRESS_PAGE),
    *("/accounts/second-factor/", "/accounts/login/", "/accounts/register/"),
    *("/accounts/forgotten/", "/accounts/reset/", "/accounts/invitation/"),
]


def test_password_change_signs_the_others_out(dora: User) -> None:
    here, elsewhere = flows.browser_of(dora), flows.browser_of(dora)
    before = here.cookies["sessionid"].value

    here.post(PASSWORD_PAGE, CHANGE)

    assert is_in(here)
    assert not is_in(elsewhere)
    assert here.cookies["sessionid"].value != before
    assert Letter.objects.get(user=dora).kind == "password-changed"


@pytest.mark.parametrize(
    "form", [{"present": "wrong"}, {"again": "other"}, {"password": "dora@example.org"}]
)
def test_password_change_is_refused(dora: User, form: dict[str, str]) -> None:
    flows.browser_of(dora).post(PASSWORD_PAGE, {**CHANGE, **form})

    dora.refresh_from_db()
    assert dora.check_password(PASSWORD)


def test_address_changes_once_the_new_one_is_confirmed(dora: User, posted: Any) -> None:
    browser = flows.browser_of(dora)
    with posted():
        browser.post(ADDRESS_PAGE, {"email": "Dora@New.org", "present": PASSWORD})
    dora.refresh_from_db()
    assert (dora.email, mail.outbox[-1].to) == ("dora@example.org", ["dora@new.org"])
    page = follow(browser, link_in())

    with posted():
        browser.post(page)

    dora.refresh_from_db()
    assert dora.email == "dora@new.org"
    assert mail.outbox[-1].to == ["dora@example.org"]
    assert "dora@new.org" in mail.outbox[-1].body
    assert is_in(browser)


def test_address_of_somebody_else_stays_theirs(dora: User, charlie: User, posted: Any) -> None:
    browser = flows.browser_of(dora)
    with posted():
        answer = browser.post(ADDRESS_PAGE, {"email": charlie.email, "present": PASSWORD})

    assert answer.status_code == 302
    assert [letter.subject for letter in mail.outbox] == ["You have an account at Atrium"]


def test_address_that_was_taken_meanwhile_is_refused(dora: User, posted: Any) -> None:
    browser = flows.browser_of(dora)
    with posted():
        browser.post(ADDRESS_PAGE, {"email": "dora@new.org", "present": PASSWORD})
    User.objects.create_user("dora@new.org")

    answer = browser.post(follow(browser, link_in()))

    assert answer.status_code == 410


def test_signing_out_everywhere_ends_every_session(dora: User) -> None:
    here, elsewhere = flows.browser_of(dora), flows.browser_of(dora)

    here.post("/accounts/sessions/")

    assert not is_in(here)
    assert not is_in(elsewhere)
    assert AuditEntry.objects.get(action="signed-out").subject_id == dora.pk
    assert is_in(flows.browser_of(User.objects.get(pk=dora.pk)))


def test_name_changes_and_nothing_else(dora: User) -> None:
    form = {"name": "Dora", "time_zone": "Europe/Paris", "is_staff": "on", "email": "x@y.org"}

    flows.browser_of(dora).post("/accounts/profile/", form)

    dora.refresh_from_db()
    assert (dora.name, dora.time_zone) == ("Dora", "Europe/Paris")
    assert (dora.email, dora.is_staff) == ("dora@example.org", False)


def test_time_zone_is_one_that_exists(dora: User) -> None:
    form = {"name": "Dora", "time_zone": "Europe/Atlantis"}

    page = flows.browser_of(dora).post("/accounts/profile/", form).content.decode()

    dora.refresh_from_db()
    assert dora.time_zone == "UTC"
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize("path", PAGES)
def test_page_stands_alone_and_in_no_frame(dora: User, path: str) -> None:
    page = flows.browser_of(dora).get(path)

    policy = page["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert page["X-Frame-Options"] == "DENY"
    assert page["Referrer-Policy"] == "same-origin"
    text = page.content.decode()
    assert "<script" not in text
    assert "style=" not in text
    assert text.count("<h1") <= 1


@pytest.mark.parametrize(
    "path",
    [
        *("/accounts/login/", "/accounts/login/code/", "/accounts/register/", PASSWORD_PAGE),
        *("/accounts/forgotten/", "/accounts/sessions/", "/accounts/second-factor/", ADDRESS_PAGE),
        *("/accounts/verification/", "/accounts/second-factor/remove/", "/accounts/reset/"),
    ],
)
def test_form_from_elsewhere_is_refused(dora: User, path: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(dora)

    assert browser.post(path, {}).status_code == 403


def test_cookies_are_hardened(dora: User) -> None:
    browser = Client()
    try_password(browser, dora.email)

    for name in ("sessionid", "csrftoken"):
        cookie = browser.cookies[name]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
    assert settings.SESSION_COOKIE_AGE <= 14 * 24 * 3600


@pytest.mark.parametrize("path", ["/accounts/", PASSWORD_PAGE, "/accounts/second-factor/"])
def test_visitors_log_in_first(db: None, path: str) -> None:
    assert Client().get(path)["Location"] == f"/accounts/login/?next={path}"
    assert Client().post(path, {}).status_code in {302, 405}


def test_logged_in_page_is_not_kept_by_browsers(dora: User, settings: LazySettings) -> None:
    assert "no-store" in flows.browser_of(dora).get("/accounts/")["Cache-Control"]
