"""The lock on the log-in form: who it holds, whom it does not, and what it tells."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import AuditEntry, User
from tests.accounts.oauth import flows
from tests.accounts.signin.people import HOME, is_in, try_password
from tests.factories import PASSWORD

LIMIT = 5


def fail(browser: Client, email: str, *, times: int = LIMIT) -> Any:
    for _ in range(times):
        answer = try_password(browser, email, "wrong")
    return answer


def test_right_password_is_refused_while_the_lock_holds(dora: User) -> None:
    browser = Client()
    fail(browser, dora.email)

    answer = try_password(browser, dora.email)

    assert answer.status_code == 429
    assert 800 < int(answer["Retry-After"]) <= 900
    assert "Try again in 15 minutes." in answer.content.decode()
    assert not is_in(browser)


def test_four_failures_lock_nothing(dora: User) -> None:
    browser = Client()
    fail(browser, dora.email, times=LIMIT - 1)

    try_password(browser, dora.email)

    assert is_in(browser)


def test_success_forgets_the_failures(dora: User) -> None:
    browser = Client()
    fail(browser, dora.email, times=LIMIT - 1)
    try_password(browser, dora.email)
    fail(Client(), dora.email, times=LIMIT - 1)

    assert try_password(Client(), dora.email).status_code == 302


def test_stranger_locks_nobody_out_elsewhere(dora: User) -> None:
    fail(Client(REMOTE_ADDR="203.0.113.7"), dora.email)
    browser = Client(REMOTE_ADDR="198.51.100.9")

    try_password(browser, dora.email)

    assert is_in(browser)


def test_lock_on_one_account_spares_others_at_the_address(dora: User, charlie: User) -> None:
    fail(Client(), dora.email)
    browser = Client()

    try_password(browser, charlie.email)

    assert is_in(browser)


def test_case_of_the_address_is_no_way_around(dora: User) -> None:
    fail(Client(), dora.email, times=LIMIT - 1)
    fail(Client(), f" {dora.email.upper()}", times=1)

    assert try_password(Client(), dora.email).status_code == 429


def test_account_that_is_not_there_is_locked_alike(dora: User) -> None:
    known, unknown = fail(Client(), dora.email), fail(Client(), "nobody@example.org")

    def shown(answer: Any) -> str:
        text: str = answer.content.decode()
        return text.partition("<main")[2].partition("</main")[0]

    assert known.status_code == unknown.status_code == 429
    assert shown(known) == shown(unknown)


def test_wrong_password_says_the_same_of_everybody(dora: User) -> None:
    invited = User.objects.create_user("invited@example.org")
    closed = User.objects.create_user("closed@example.org", PASSWORD, is_active=False)
    words = "E-mail address and password do not match."

    for email in (dora.email, invited.email, "nobody@example.org"):
        assert words in try_password(Client(), email, "wrong").content.decode()
    assert words in try_password(Client(), closed.email, PASSWORD).content.decode()


def test_lock_is_audited_once_without_the_password(dora: User) -> None:
    fail(Client(), dora.email, times=LIMIT + 3)

    entry = AuditEntry.objects.get(action="locked-out")

    assert entry.subject_id == dora.pk
    assert entry.after == {"address": "127.0.0.1", "seconds": 900}


def test_door_of_the_admin_site_is_the_same(dora: User) -> None:
    answer = Client().get("/admin/")

    assert answer["Location"].startswith("/admin/login/")
    assert Client().get(answer["Location"])["Location"].startswith("/accounts/login/")


def test_password_asked_for_inside_is_locked_too(dora: User, settings: LazySettings) -> None:
    browser = flows.browser_of(dora)
    form = {"present": "wrong", "password": "x", "again": "x"}
    for _ in range(LIMIT):
        answer = browser.post("/accounts/password/", form)

    assert answer.status_code == 429


def test_address_that_tries_many_accounts_is_slowed_down(
    dora: User, settings: LazySettings
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": 3}
    browser = Client()
    for number in range(3):
        try_password(browser, f"user{number}@example.org", "wrong")

    assert try_password(browser, dora.email).status_code == 429


@pytest.mark.parametrize(
    "scheme", ["//evil.example.org", "https://evil.example.org", "javascript:1"]
)
def test_login_leads_to_nobody_else(dora: User, scheme: str) -> None:
    assert try_password(Client(), dora.email, next=scheme)["Location"] == HOME
