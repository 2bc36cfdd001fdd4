"""The pages on which the user of a device types its code and decides."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Application, Consent, DeviceGrant, User
from tests.accounts.oauth import devices, flows
from tests.accounts.oauth.devices import PAGE


@pytest.fixture
def codes(meter_app: Application) -> dict[str, Any]:
    return devices.codes_of(meter_app)


def type_code(browser: Client, code: str, **form: str) -> Any:
    return browser.post(PAGE, {"user_code": code, **form})


def test_page_needs_a_login_and_comes_back_with_the_code(codes: dict[str, Any]) -> None:
    answer = Client().get(f"{PAGE}?user_code={codes['user_code']}")

    assert answer["Location"].startswith("/accounts/login/?next=/oauth/device/%3Fuser_code")


def test_code_in_the_address_is_shown_and_decides_nothing(
    codes: dict[str, Any], dora: User
) -> None:
    page = flows.browser_of(dora).get(f"{PAGE}?user_code={codes['user_code']}")

    assert f'value="{codes["user_code"]}"' in page.content.decode()
    assert b"Let Meter app act for you" not in page.content
    assert DeviceGrant.objects.pending().exists()


def test_page_tells_who_asks_for_what_and_shows_the_code(codes: dict[str, Any], dora: User) -> None:
    page = type_code(flows.browser_of(dora), codes["user_code"]).content.decode()

    assert "Meter app" in page
    assert "Tilleuls Gestion" in page
    assert "See your buildings, their spaces and views." in page
    assert codes["user_code"] in page
    assert DeviceGrant.objects.pending().exists()


@pytest.mark.parametrize("written", ["lower", "without dash", "with blanks"])
def test_code_is_read_as_people_write_it(codes: dict[str, Any], dora: User, written: str) -> None:
    code = codes["user_code"]
    ways = {
        "lower": code.lower(),
        "without dash": code.replace("-", ""),
        "with blanks": f" {code.replace('-', ' ')} ",
    }

    assert type_code(flows.browser_of(dora), ways[written]).status_code == 200


@pytest.mark.parametrize("code", ["", "0000-0000", "x" * 5000, "a\x00b", "<script>"])
def test_wrong_code_is_refused_politely(codes: dict[str, Any], dora: User, code: str) -> None:
    page = type_code(flows.browser_of(dora), code, allow="1")

    assert page.status_code == 400
    assert b"There is no such code" in page.content
    assert b"<script>" not in page.content
    assert not Consent.objects.exists()


def test_decision_is_final(codes: dict[str, Any], dora: User, alice: User) -> None:
    devices.decide(dora, codes)

    late = type_code(flows.browser_of(alice), codes["user_code"])

    assert late.status_code == 400
    assert DeviceGrant.objects.get().user == dora


def test_decision_without_the_seal_of_the_page_is_a_first_look(
    codes: dict[str, Any], dora: User
) -> None:
    for decision in ("allow", "refuse"):
        type_code(flows.browser_of(dora), codes["user_code"], **{decision: "1"})

    assert DeviceGrant.objects.pending().exists()
    assert not Consent.objects.exists()


def test_seal_of_another_person_is_none(codes: dict[str, Any], dora: User, alice: User) -> None:
    theirs = devices.shown(flows.browser_of(alice), codes["user_code"])

    flows.browser_of(dora).post(PAGE, {**theirs, "allow": "1"})

    assert DeviceGrant.objects.pending().exists()


def test_user_may_narrow_what_the_device_asks(
    codes: dict[str, Any], dora: User, meter_app: Application
) -> None:
    codes = devices.codes_of(meter_app, scope="profile sites:read readings:read")
    devices.decide(dora, codes, scopes=["readings:read"], resolution="1d", until="month")

    tokens = devices.poll(meter_app, codes).json()
    consent = Consent.objects.get()
    assert tokens["scope"] == "readings:read"
    assert consent.resolution == "1d"
    assert consent.expires_at


def test_second_device_keeps_what_the_first_was_allowed(
    codes: dict[str, Any], dora: User, meter_app: Application
) -> None:
    devices.decide(dora, codes)
    first = devices.poll(meter_app, codes).json()
    second = devices.codes_of(meter_app, scope="profile")
    devices.decide(dora, second)

    assert devices.poll(meter_app, second).json()["scope"] == "profile"
    assert Consent.objects.get().scopes == ["profile", "sites:read"]
    assert flows.refresh(meter_app, first["refresh_token"]).json()["scope"] == "profile sites:read"


def test_fault_in_the_form_is_shown_and_decides_nothing(codes: dict[str, Any], dora: User) -> None:
    page = devices.decide(dora, codes, until="never-heard-of")

    assert b"Nothing has been shared yet" in page.content
    assert DeviceGrant.objects.pending().exists()


def test_looking_for_places_counts_no_try(codes: dict[str, Any], dora: User, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "device_page": 1}
    browser = flows.browser_of(dora)
    form = devices.shown(browser, codes["user_code"])
    answers = [browser.post(PAGE, {**form, "find": "1"}).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert browser.post(PAGE, {**form, "allow": "1"}).status_code == 200
    assert DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZED


def test_decision_needs_the_form_of_our_own_page(codes: dict[str, Any], dora: User) -> None:
    form = devices.shown(flows.browser_of(dora), codes["user_code"])
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(dora)

    assert browser.post(PAGE, {**form, "allow": "1"}).status_code == 403


def test_page_is_never_framed(dora: User) -> None:
    page = flows.browser_of(dora).get(PAGE)

    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


def test_person_who_guesses_is_stopped(codes: dict[str, Any], dora: User, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "device_page": 3}
    browser = flows.browser_of(dora)
    guesses = [type_code(browser, f"2222-222{n}").status_code for n in range(2, 6)]

    right = type_code(browser, codes["user_code"])

    assert guesses == [400, 400, 400, 429]
    assert right.status_code == 429
    assert 1 <= int(right["Retry-After"]) <= 60


def test_person_is_stopped_on_whichever_address_they_guess(
    codes: dict[str, Any], dora: User, settings: Any
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "device_page": 2}
    browser = flows.browser_of(dora)
    answers = [
        browser.post(PAGE, {"user_code": "2222-2222"}, REMOTE_ADDR=f"192.0.2.{n}").status_code
        for n in range(1, 4)
    ]

    assert answers == [400, 400, 429]


def test_address_is_stopped_whoever_guesses_there(
    codes: dict[str, Any], dora: User, alice: User, bob: User, settings: Any
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "device_page": 2}
    people = (dora, alice, bob)
    answers = [type_code(flows.browser_of(who), "2222-2222").status_code for who in people]

    assert answers == [400, 400, 429]


def test_application_that_was_deleted_asks_no_more(
    codes: dict[str, Any], dora: User, meter_app: Application
) -> None:
    meter_app.delete()

    assert type_code(flows.browser_of(dora), codes["user_code"]).status_code == 400


def test_scope_that_the_application_has_lost_is_not_given(
    codes: dict[str, Any], dora: User, meter_app: Application
) -> None:
    Application.objects.update(scopes=["profile"])
    devices.decide(dora, codes)

    assert devices.poll(meter_app, codes).json()["scope"] == "profile"


@pytest.mark.parametrize(
    ("language", "title"), [("fr", "Connecter un appareil"), ("de", "Gerät verbinden")]
)
def test_page_speaks_the_language_of_its_user(dora: User, language: str, title: str) -> None:
    User.objects.filter(pk=dora.pk).update(locale=language)

    assert title in flows.browser_of(dora).get(PAGE).content.decode()
