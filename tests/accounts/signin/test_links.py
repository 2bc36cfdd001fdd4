"""Links in letters: signed, expiring, single-use; and the pages behind them."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.links import LinkOver, Purpose, opened, token_for
from accounts.models import B2CUser, Letter, User
from tests.accounts.oauth import flows
from tests.accounts.signin.people import (
    CODE,
    LOGIN,
    code_of,
    follow,
    is_in,
    link_in,
    try_password,
    with_factor,
)
from tests.factories import PASSWORD

NEW = "an entirely new passphrase"
REGISTER, FORGOTTEN = "/accounts/register/", "/accounts/forgotten/"


def twice(password: str = NEW, **form: str) -> dict[str, str]:
    return {"password": password, "again": password, **form}


def test_registration_makes_an_account_at_the_end_of_the_link(db: None, posted: Any) -> None:
    browser = Client(headers={"accept-language": "fr"})
    with posted():
        browser.post(REGISTER, {"email": "New@Example.org"})
    assert not User.objects.exists()
    page = follow(browser, link_in())

    browser.post(page, twice(name="Nina"))

    user = User.objects.get(email="new@example.org")
    assert (user.name, user.locale, user.email_verified_at is not None) == ("Nina", "fr", True)
    assert B2CUser.objects.filter(user=user).exists()
    assert is_in(browser)
    assert browser.get(page).status_code == 410


def test_registration_link_makes_one_account(db: None, posted: Any) -> None:
    browser = Client()
    with posted():
        browser.post(REGISTER, {"email": "new@example.org"})
    path = link_in()
    browser.post(follow(browser, path), twice())

    other = Client()

    assert other.get(follow(other, path)).status_code == 410


def test_registration_of_a_known_address_tells_its_owner_alone(dora: User, posted: Any) -> None:
    with posted():
        known = Client().post(REGISTER, {"email": dora.email})
        unknown = Client().post(REGISTER, {"email": "dorb@example.org"})

    pages = [
        answer.content.decode().partition("<main")[2].partition("</main")[0]
        for answer in (known, unknown)
    ]
    assert pages[0].replace("dora", "dorb") == pages[1]
    assert [letter.subject for letter in mail.outbox] == [
        "You have an account at Atrium",
        "Your account at Atrium",
    ]


def test_closed_registration_is_not_there(db: None, settings: LazySettings) -> None:
    settings.REGISTRATION_OPEN = False

    assert Client().get(REGISTER).status_code == 404
    assert REGISTER not in Client().get(LOGIN).content.decode()


@pytest.mark.parametrize("password", ["short", "password123", "1234567890123", "new@example.org"])
def test_weak_password_opens_no_account(db: None, posted: Any, password: str) -> None:
    browser = Client()
    with posted():
        browser.post(REGISTER, {"email": "new@example.org"})

    answer = browser.post(follow(browser, link_in()), twice(password))

    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not User.objects.exists()


def test_rights_in_the_form_are_not_taken(db: None, posted: Any) -> None:
    browser = Client()
    with posted():
        browser.post(REGISTER, {"email": "new@example.org", "is_staff": "true"})
    rights = {"is_staff": "true", "is_superuser": "true", "email": "boss@example.org"}

    browser.post(follow(browser, link_in()), twice(**rights))

    user = User.objects.get()
    assert (user.email, user.is_staff, user.is_superuser) == ("new@example.org", False, False)


def test_forgotten_password_is_replaced(dora: User, posted: Any) -> None:
    elsewhere, browser = flows.browser_of(dora), Client()
    with posted():
        browser.post(FORGOTTEN, {"email": dora.email})
    path = link_in()

    with posted():
        answer = browser.post(follow(browser, path), twice())

    assert answer["Location"] == LOGIN
    assert not is_in(browser)
    assert not is_in(elsewhere)
    assert mail.outbox[-1].subject == "Your password was changed"
    try_password(browser, dora.email, NEW)
    assert is_in(browser)
    assert Client().get(path, follow=True).status_code == 410


def test_new_password_does_not_replace_the_second_factor(dora: User, posted: Any) -> None:
    authenticator, _ = with_factor(dora)
    browser = Client()
    with posted():
        browser.post(FORGOTTEN, {"email": dora.email})
    browser.post(follow(browser, link_in()), twice())

    answer = try_password(browser, dora.email, NEW)

    assert answer["Location"] == CODE
    browser.post(CODE, {"code": code_of(authenticator)})
    assert is_in(browser)


def test_forgotten_password_of_nobody_looks_the_same(dora: User, posted: Any) -> None:
    User.objects.create_user("closed@example.org", PASSWORD, is_active=False)
    with posted():
        answers = [
            Client().post(FORGOTTEN, {"email": email})
            for email in (dora.email, "none@example.org", "closed@example.org")
        ]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert [letter.to for letter in mail.outbox] == [[dora.email]]


@pytest.mark.parametrize("path", [REGISTER, FORGOTTEN])
def test_every_address_gives_the_worker_the_same_work(
    dora: User, path: str, django_capture_on_commit_callbacks: Any
) -> None:
    User.objects.create_user("closed@example.org", PASSWORD, is_active=False)
    counts = []
    for email in (dora.email, "none@example.org", "closed@example.org"):
        with django_capture_on_commit_callbacks() as callbacks:
            Client().post(path, {"email": email})
        counts.append(len(callbacks))

    assert counts == [1, 1, 1]


def test_nobody_fills_a_strangers_mailbox(dora: User, settings: LazySettings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "letters": 100}
    for _ in range(8):
        Client().post(FORGOTTEN, {"email": dora.email})

    assert Letter.objects.filter(address=dora.email).count() == 5


def test_address_that_asks_for_many_letters_is_slowed_down(db: None) -> None:
    for number in range(6):
        answer = Client().post(FORGOTTEN, {"email": f"user{number}@example.org"})

    assert answer.status_code == 429


def test_link_expires(dora: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = token_for(Purpose.RESET, address=dora.email, user=dora)
    later = time.time() + 3601
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)

    with pytest.raises(LinkOver):
        opened(Purpose.RESET, token)


def test_link_of_one_purpose_opens_no_other(dora: User) -> None:
    token = token_for(Purpose.VERIFY, address=dora.email, user=dora)

    assert opened(Purpose.VERIFY, token).user == dora
    with pytest.raises(LinkOver):
        opened(Purpose.RESET, token)


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "é", "x" * 2000])
def test_forged_link_opens_nothing(db: None, token: str) -> None:
    for purpose in Purpose:
        with pytest.raises(LinkOver):
            opened(purpose, token)


def test_link_of_a_closed_account_opens_nothing(dora: User) -> None:
    token = token_for(Purpose.RESET, address=dora.email, user=dora)
    User.objects.filter(pk=dora.pk).update(is_active=False)

    with pytest.raises(LinkOver):
        opened(Purpose.RESET, token)


def test_reset_link_ends_when_its_owner_logs_in(dora: User) -> None:
    token = token_for(Purpose.RESET, address=dora.email, user=dora)
    User.objects.filter(pk=dora.pk).update(last_login=timezone.now() + timedelta(seconds=1))

    with pytest.raises(LinkOver):
        opened(Purpose.RESET, token)


def test_opening_a_link_changes_nothing(dora: User, posted: Any) -> None:
    browser = flows.browser_of(dora)
    with posted():
        browser.post("/accounts/verification/")
    page = follow(browser, link_in())
    browser.get(page)
    dora.refresh_from_db()
    assert dora.email_verified_at is None

    browser.post(page)

    dora.refresh_from_db()
    assert dora.email_verified_at is not None


def test_token_leaves_the_address_bar(dora: User) -> None:
    path = f"/accounts/reset/{token_for(Purpose.RESET, address=dora.email, user=dora)}/"
    browser = Client()

    page = browser.get(follow(browser, path))

    assert page.request["PATH_INFO"] == "/accounts/reset/"
    assert "no-store" in page["Cache-Control"]
