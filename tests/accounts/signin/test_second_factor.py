"""The second factor: set up, asked for, replaced, removed, and never to be read."""

import base64
import time

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts.models import Application, AuditEntry, Authenticator, Letter, RecoveryCode, User
from accounts.services import second_factor
from tests.accounts.oauth import flows
from tests.accounts.signin.people import (
    CODE,
    HOME,
    LOGIN,
    REMOVE,
    SET_UP,
    code_of,
    is_in,
    try_password,
    with_factor,
)
from tests.factories import PASSWORD


def test_set_up_ends_with_recovery_codes_shown_once(dora: User) -> None:
    browser = flows.browser_of(dora)
    page = browser.get(SET_UP).content.decode()
    authenticator = Authenticator.objects.get(user=dora)

    shown = browser.post(SET_UP, {"code": code_of(authenticator)}).content.decode()

    assert "<svg" in page
    assert "style=" not in page
    assert shown.count("<li>") == second_factor.RECOVERY_CODES
    assert browser.get(HOME).status_code == 200
    assert Letter.objects.filter(user=dora, kind="second-factor-added").exists()


def test_wrong_code_turns_nothing_on(dora: User) -> None:
    browser = flows.browser_of(dora)
    browser.get(SET_UP)

    browser.post(SET_UP, {"code": "000000"})

    assert not Authenticator.objects.filter(confirmed=True).exists()


def test_set_up_changes_the_session_key(dora: User) -> None:
    browser = flows.browser_of(dora)
    browser.get(SET_UP)
    before = browser.cookies["sessionid"].value

    browser.post(SET_UP, {"code": code_of(Authenticator.objects.get())})

    assert browser.cookies["sessionid"].value != before


def test_database_holds_neither_seed_nor_codes(dora: User) -> None:
    authenticator, codes = with_factor(dora)
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM accounts_authenticator")
        key = bytes(cursor.fetchone()[0])
        cursor.execute("SELECT string_agg(code, ' ') FROM accounts_recoverycode")
        stored = cursor.fetchone()[0]

    assert authenticator.seed.encode() not in key
    assert base64.b64decode(key, altchars=b"-_") != bytes.fromhex(authenticator.seed)
    assert not any(code.replace("-", "") in stored for code in codes)


def test_password_alone_opens_nothing(dora: User) -> None:
    with_factor(dora)
    browser = Client()

    answer = try_password(browser, dora.email)

    assert answer["Location"] == CODE
    assert "_auth_user_id" not in browser.session
    assert not is_in(browser)


def test_password_and_code_open(dora: User) -> None:
    authenticator, _ = with_factor(dora)
    browser = Client()
    try_password(browser, dora.email, next="/accounts/profile/")

    answer = browser.post(CODE, {"code": code_of(authenticator)})

    assert answer["Location"] == "/accounts/profile/"
    assert is_in(browser)


def test_code_is_accepted_once(dora: User) -> None:
    authenticator, _ = with_factor(dora)
    code = code_of(authenticator)
    assert second_factor.check_code(user=dora, code=code)

    assert second_factor.check_code(user=dora, code=code) is None


@pytest.mark.parametrize("steps", [-3, 3, 100])
def test_code_of_another_time_is_refused(dora: User, steps: int) -> None:
    authenticator, _ = with_factor(dora)

    assert second_factor.check_code(user=dora, code=code_of(authenticator, steps=steps)) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "٠١٢٣٤٥", "abcdef", "-12345", "12 34 5"])
def test_nonsense_is_no_code(dora: User, code: str) -> None:
    with_factor(dora)

    assert second_factor.check_code(user=dora, code=code) is None


def test_wrong_codes_make_the_next_try_wait(dora: User) -> None:
    authenticator, _ = with_factor(dora)
    for _ in range(3):
        second_factor.check_code(user=dora, code="000000")

    assert second_factor.check_code(user=dora, code=code_of(authenticator)) is None
    authenticator.refresh_from_db()
    assert authenticator.throttling_failure_count >= 1
    assert authenticator.retry_at is not None


def test_recovery_code_opens_once_and_is_told(dora: User) -> None:
    _, codes = with_factor(dora)
    browser = Client()
    try_password(browser, dora.email)

    browser.post(CODE, {"code": codes[0].lower()})

    assert is_in(browser)
    assert Letter.objects.get(kind="recovery-code-used").about == "9"
    assert second_factor.check_code(user=dora, code=codes[0]) is None


def test_recovery_code_of_somebody_else_is_refused(dora: User, charlie: User) -> None:
    with_factor(dora)
    _, codes = with_factor(charlie)

    assert second_factor.check_code(user=dora, code=codes[0]) is None


def test_second_step_is_forgotten_after_a_while(
    dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    authenticator, _ = with_factor(dora)
    browser = Client()
    try_password(browser, dora.email)
    session = browser.session
    session["second-step"] = {**session["second-step"], "since": time.time() - 601}
    session.save()

    answer = browser.post(CODE, {"code": code_of(authenticator)})

    assert answer["Location"] == LOGIN


def test_second_step_ends_when_the_password_changes(dora: User) -> None:
    authenticator, _ = with_factor(dora)
    browser = Client()
    try_password(browser, dora.email)
    dora.set_password("another horse battery staple")
    dora.save()

    answer = browser.post(CODE, {"code": code_of(authenticator)})

    assert answer["Location"] == LOGIN


def test_second_step_without_a_password_leads_to_the_login(dora: User) -> None:
    with_factor(dora)

    assert Client().get(CODE)["Location"] == LOGIN


def test_second_step_never_leads_to_another_site(dora: User) -> None:
    authenticator, _ = with_factor(dora)
    browser = Client()
    try_password(browser, dora.email, next="https://evil.example.org/")

    answer = browser.post(CODE, {"code": code_of(authenticator)})

    assert answer["Location"] == HOME


def test_each_step_changes_the_session_key(dora: User) -> None:
    authenticator, _ = with_factor(dora)
    browser = Client()
    browser.cookies["sessionid"] = "fixed-by-somebody-else"
    try_password(browser, dora.email)
    between = browser.cookies["sessionid"].value

    browser.post(CODE, {"code": code_of(authenticator)})

    assert between != "fixed-by-somebody-else"
    assert browser.cookies["sessionid"].value != between


def test_session_that_was_open_elsewhere_is_asked_for_the_code(dora: User) -> None:
    elsewhere = flows.browser_of(dora)
    authenticator, _ = with_factor(dora)

    answer = elsewhere.get("/accounts/profile/")

    assert answer["Location"] == f"{CODE}?next=%2Faccounts%2Fprofile%2F"
    elsewhere.post(CODE, {"code": code_of(authenticator)})
    assert is_in(elsewhere)


def test_consent_waits_for_the_code(dora: User, meter_app: Application) -> None:
    authenticator, _ = with_factor(dora)
    browser, url = Client(), flows.authorize_url(meter_app)
    login = browser.get(url)["Location"]
    target = browser.get(login).context["next"]
    try_password(browser, dora.email, next=target)

    assert browser.get(url)["Location"].startswith(LOGIN)
    answer = browser.post(CODE, {"code": code_of(authenticator)})

    assert answer["Location"] == target
    assert "Meter app" in browser.get(answer["Location"]).content.decode()


def test_consent_of_an_open_session_comes_back_after_the_code(
    dora: User, meter_app: Application
) -> None:
    browser, url = flows.browser_of(dora), flows.authorize_url(meter_app)
    authenticator, _ = with_factor(dora)
    step = browser.get(url)["Location"]

    answer = browser.post(step, {"code": code_of(authenticator)})

    assert answer["Location"] == url


def test_removal_takes_password_and_code(dora: User) -> None:
    authenticator, _ = with_factor(dora)
    browser = Client()
    try_password(browser, dora.email)
    browser.post(CODE, {"code": code_of(authenticator)})
    form = {"present": PASSWORD, "code": code_of(authenticator, steps=1), "deed": "remove"}

    browser.post(REMOVE, {**form, "present": "wrong"})
    assert Authenticator.objects.exists()
    browser.post(REMOVE, form)

    assert not Authenticator.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert Letter.objects.filter(kind="second-factor-removed").exists()
    assert AuditEntry.objects.filter(object_type="second_factor", action="deleted").exists()


def test_renewed_recovery_codes_end_the_old_ones(dora: User) -> None:
    _, codes = with_factor(dora)

    renewed = second_factor.renew_recovery_codes(user=dora)

    assert second_factor.check_code(user=dora, code=codes[1]) is None
    cache.clear()
    Authenticator.objects.update(throttling_failure_count=0)
    assert second_factor.check_code(user=dora, code=renewed[0])


def test_audit_never_holds_the_seed(dora: User) -> None:
    authenticator, codes = with_factor(dora)

    entries = str(list(AuditEntry.objects.values("before", "after")))

    assert authenticator.seed not in entries
    assert not any(code.replace("-", "") in entries for code in codes)
