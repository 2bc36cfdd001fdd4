"""Staff and the second factor: required in production, helped by colleagues, never read."""

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import Application, AuditEntry, Authenticator, Letter, User
from tests.accounts.oauth import flows
from tests.accounts.signin.people import CODE, SET_UP, code_of, is_in, try_password, with_factor

USERS = "/admin/accounts/user/"


@pytest.fixture
def staff(db: None, settings: LazySettings) -> User:
    settings.STAFF_SECOND_FACTOR = True
    user: User = User.objects.create_superuser("staff@example.org", "correct horse battery staple")
    return user


@pytest.fixture
def helper(staff: User) -> Client:
    """A member of the staff, signed in with a code."""
    authenticator, _ = with_factor(staff)
    browser = Client()
    try_password(browser, staff.email)
    browser.post(CODE, {"code": code_of(authenticator)})
    return browser


def act(browser: Client, action: str, *users: User) -> None:
    form = {"action": action, "_selected_action": [str(user.pk) for user in users]}
    assert browser.post(USERS, form).status_code == 302


@pytest.mark.parametrize(
    "path", ["/admin/", USERS, "/accounts/", "/accounts/profile/", "/accounts/password/", "/"]
)
def test_staff_without_a_factor_see_nothing_but_its_set_up(staff: User, path: str) -> None:
    browser = flows.browser_of(staff)

    assert browser.get(path)["Location"] == SET_UP
    assert browser.get(SET_UP).status_code == 200


def test_staff_without_a_factor_consent_to_nothing(staff: User, meter_app: Application) -> None:
    assert flows.browser_of(staff).get(flows.authorize_url(meter_app))["Location"] == SET_UP


def test_staff_may_leave_without_a_factor(staff: User) -> None:
    assert flows.browser_of(staff).post("/accounts/logout/").status_code == 302


def test_staff_with_a_factor_work_as_ever(helper: Client) -> None:
    assert helper.get("/admin/").status_code == 200


def test_others_need_no_factor(dora: User, settings: LazySettings) -> None:
    settings.STAFF_SECOND_FACTOR = True

    assert is_in(flows.browser_of(dora))


def test_elsewhere_staff_may_do_without(staff: User, settings: LazySettings) -> None:
    settings.STAFF_SECOND_FACTOR = False

    assert flows.browser_of(staff).get("/admin/").status_code == 200


def test_api_looks_at_tokens_not_at_sessions(staff: User) -> None:
    assert flows.browser_of(staff).get("/api/v1/me/").status_code == 401


def test_colleague_resets_a_lost_factor(helper: Client, dora: User) -> None:
    with_factor(dora)
    browser = flows.browser_of(dora)

    act(helper, "reset_second_factor", dora)

    assert not Authenticator.objects.filter(user=dora).exists()
    assert not is_in(browser)
    assert Letter.objects.filter(user=dora, kind="second-factor-removed").exists()
    entry = AuditEntry.objects.filter(object_type="second_factor", action="deleted").get()
    assert (entry.subject_id, entry.user_id) == (dora.pk, User.objects.get(is_staff=True).pk)


def test_colleague_sends_a_link_to_a_new_password(helper: Client, dora: User) -> None:
    act(helper, "send_reset", dora)

    assert Letter.objects.get(kind="password-reset").address == dora.email


@pytest.mark.parametrize("model", ["authenticator", "recoverycode", "letter", "invitation"])
def test_pages_of_staff_show_no_secret(helper: Client, dora: User, model: str) -> None:
    authenticator, codes = with_factor(dora)
    letter = Letter.objects.get(user=dora, kind="second-factor-added")
    row = {
        "authenticator": authenticator.pk,
        "recoverycode": dora.recovery_codes.all()[0].pk,
        "letter": letter.pk,
    }.get(model)
    pages = [helper.get(f"/admin/accounts/{model}/")]
    if row:
        pages.append(helper.get(f"/admin/accounts/{model}/{row}/change/"))

    text = "".join(page.content.decode() for page in pages)

    assert [page.status_code for page in pages] == [200] * len(pages)
    assert authenticator.seed not in text
    assert not any(code in text or code.replace("-", "") in text for code in codes)
