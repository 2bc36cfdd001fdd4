"""The consent page: what the user leaves is what the application gets, and nothing is lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AccessToken, Application, Consent, User
from tests import factories
from tests.accounts.oauth import flows
from tests.twin import factories as twin
from twin.models import ConsentNode, Site

SCOPES = "profile sites:read devices:read readings:read"


@pytest.fixture
def home(dora: User) -> Site:
    return twin.make_home(dora, name="Home")


@pytest.fixture
def cabin(dora: User) -> Site:
    return twin.make_home(dora, name="Cabin")


def decide(user: User, application: Application, button: str = "allow", **changes: Any) -> Any:
    """Fill in the page as it comes, with these changes, and press a button."""
    browser, url = flows.browser_of(user), flows.authorize_url(application, scope=SCOPES)
    return browser.post(url, {**flows.filled_in(browser, url, **changes), button: "1"})


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_everything_can_be_narrowed_before_accepting(
    dora: User, meter_app: Application, home: Site, cabin: Site
) -> None:
    answer = decide(
        dora,
        meter_app,
        scopes=["sites:read", "readings:read"],
        where="chosen",
        nodes=[str(cabin.pk)],
        history="now",
        resolution="1d",
        until="day",
    )

    flows.received(answer)
    consent, now = Consent.objects.get(), timezone.now()
    assert consent.scopes == ["readings:read", "sites:read"]
    assert [node.node_id for node in ConsentNode.objects.filter(consent=consent)] == [cabin.pk]
    assert (consent.is_limited, consent.resolution) == (True, "1d")
    assert consent.history_from is not None
    assert now - consent.history_from < timedelta(minutes=1)
    assert consent.expires_at is not None
    assert consent.expires_at - now < timedelta(days=1)


def test_token_answer_tells_the_scope_that_was_left(dora: User, meter_app: Application) -> None:
    code = flows.received(decide(dora, meter_app, scopes=["sites:read"]))["code"]

    body = flows.exchange(meter_app, code).json()

    assert body["scope"] == "sites:read"
    assert AccessToken.objects.get().scope == "sites:read"


def test_page_asks_neither_where_nor_when_of_what_has_no_place(
    dora: User, meter_app: Application, home: Site
) -> None:
    page = flows.browser_of(dora).get(flows.authorize_url(meter_app, scope="profile"))

    assert set(page.context["form"].fields) == {"scopes", "opened", "q", "until", "until_on"}


def test_user_with_several_places_has_to_say_which(
    dora: User, meter_app: Application, home: Site, cabin: Site
) -> None:
    answer = decide(dora, meter_app)

    assert "Choose at least one place." in text_of(answer)
    assert not Consent.objects.exists()


def test_fault_loses_nothing(dora: User, meter_app: Application, home: Site) -> None:
    answer = decide(
        dora, meter_app, scopes=["sites:read"], history="date", history_on="", resolution="1mo"
    )

    page = text_of(answer)
    assert "Choose a date." in page
    assert 'value="1mo" id="id_resolution_4" checked' in page
    assert 'value="sites:read" id="id_scopes_1" checked' in page
    assert 'value="profile" id="id_scopes_0" checked' not in page


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": []},
        {"scopes": ["sites:read", "audit:read"]},
        {"resolution": "1s"},
        {"history": "kept"},
        {"until": "forever"},
        {"until": "date", "until_on": "2020-01-01"},
        {"history": "date", "history_on": "2999-01-01"},
        {"history": "date", "history_on": "soon"},
        {"where": "chosen", "nodes": []},
        {"where": "chosen", "nodes": ["not-an-id"]},
        {"where": "somewhere"},
    ],
)
def test_tampered_form_is_shown_again_and_grants_nothing(
    dora: User, meter_app: Application, home: Site, changes: dict[str, Any]
) -> None:
    answer = decide(dora, meter_app, **changes)

    assert answer.status_code == 200
    assert 'role="alert"' in text_of(answer)
    assert not Consent.objects.exists()


def test_place_of_somebody_else_cannot_be_chosen(
    dora: User, charlie: User, meter_app: Application, home: Site
) -> None:
    foreign = twin.make_home(charlie)

    answer = decide(dora, meter_app, where="chosen", nodes=[str(home.pk), str(foreign.pk)])

    assert "This place cannot be chosen." in text_of(answer)
    assert not Consent.objects.exists()


def test_consent_reaches_down_to_one_room(dora: User, meter_app: Application, home: Site) -> None:
    heating = twin.make_space(home, twin.make_space(home, name="Cellar"), name="Heating room")

    flows.received(decide(dora, meter_app, where="chosen", nodes=[str(heating.pk)]))

    assert ConsentNode.objects.get().node_id == heating.pk


def test_dates_are_those_of_where_the_user_lives(dora: User, meter_app: Application) -> None:
    User.objects.filter(pk=dora.pk).update(time_zone="Europe/Zurich")

    flows.received(
        decide(
            User.objects.get(pk=dora.pk),
            meter_app,
            history="date",
            history_on="2026-07-01",
            until="date",
            until_on="2099-12-31",
        )
    )

    consent = Consent.objects.get()
    assert f"{consent.history_from:%Y-%m-%dT%H:%M}" == "2026-06-30T22:00"
    assert f"{consent.expires_at:%Y-%m-%dT%H:%M}" == "2099-12-31T23:00"


def test_what_stands_is_filled_in_and_kept(dora: User, meter_app: Application, home: Site) -> None:
    decide(dora, meter_app, where="chosen", nodes=[str(home.pk)], history="now", resolution="1h")
    before = Consent.objects.get()

    page = flows.browser_of(dora).get(flows.authorize_url(meter_app, scope=SCOPES))
    flows.received(decide(dora, meter_app))

    after = Consent.objects.get()
    assert "You have allowed this before." in text_of(page)
    for term in ("pk", "scopes", "history_from", "resolution", "expires_at", "is_limited"):
        assert getattr(after, term) == getattr(before, term)


def test_page_that_asks_for_more_marks_it_and_keeps_the_rest(
    dora: User, meter_app: Application
) -> None:
    factories.make_consent(dora, meter_app, scopes=["alarms:read", "sites:read"])

    page = flows.browser_of(dora).get(flows.authorize_url(meter_app, scope="sites:read audit:read"))
    flows.received(decide(dora, meter_app))

    assert text_of(page).count(">new</span>") == 1
    assert page.context["form"].new_scopes == {"audit:read"}
    assert "alarms:read" in Consent.objects.get().scopes


def test_unticking_what_stood_narrows_tokens_that_are_out(
    dora: User, meter_app: Application
) -> None:
    flows.received(decide(dora, meter_app))

    flows.received(decide(dora, meter_app, scopes=["profile"]))

    assert Consent.objects.get().scopes == ["profile"]


def test_sending_the_form_twice_is_one_consent(dora: User, meter_app: Application) -> None:
    browser, url = flows.browser_of(dora), flows.authorize_url(meter_app)
    form = {**flows.filled_in(browser, url), "allow": "1"}

    codes = {flows.received(browser.post(url, form))["code"] for _ in range(2)}

    assert len(codes) == 2
    assert Consent.objects.count() == 1


def test_page_cannot_be_framed_and_is_never_kept(dora: User, meter_app: Application) -> None:
    page = flows.browser_of(dora).get(flows.authorize_url(meter_app))

    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize(("language", "words"), [("fr", "Où"), ("de", "Wo")])
def test_page_speaks_the_language_of_the_user(
    dora: User, meter_app: Application, language: str, words: str
) -> None:
    User.objects.filter(pk=dora.pk).update(locale=language)

    page = flows.browser_of(dora).get(flows.authorize_url(meter_app, scope=SCOPES))

    assert f"<legend>{words}</legend>" in text_of(page)


def test_stranger_to_csrf_decides_nothing(dora: User, meter_app: Application) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(dora)

    answer = browser.post(flows.authorize_url(meter_app), {"allow": "1", "scopes": ["profile"]})

    assert answer.status_code == 403
    assert not Consent.objects.exists()


def test_logging_in_comes_with_any_yes(dora: User, meter_app: Application) -> None:
    browser = flows.browser_of(dora)
    url = flows.authorize_url(meter_app, scope="openid profile")

    page = browser.get(url)
    form = {**flows.filled_in(browser, url, scopes=[]), "allow": "1"}

    assert "Recognise you when you log in" in text_of(page)
    assert 'value="openid"' not in text_of(page)
    flows.received(browser.post(url, form))
    assert Consent.objects.get().scopes == ["openid"]
