"""Apps with access: what each may do, less of it, or none; one's own alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import (
    AccessToken,
    Application,
    Consent,
    DeviceGrant,
    Grant,
    IDToken,
    RefreshToken,
    User,
)
from accounts.services.consents import revoke_consent
from tests import factories
from tests.accounts.oauth import flows
from tests.twin import factories as twin
from twin.models import ConsentNode

APPS = "/accounts/apps/"
SCOPES = ["readings:read", "sites:read"]


@pytest.fixture
def consent(dora: User, meter_app: Application) -> Consent:
    return factories.make_consent(dora, meter_app, scopes=SCOPES, resolution="1h")


def narrow(user: User, consent: Consent, button: str = "save", **changes: Any) -> Any:
    browser, url = flows.browser_of(user), f"{APPS}{consent.pk}/"
    return browser.post(url, {**flows.filled_in(browser, url, **changes), button: "1"})


def test_page_needs_a_login() -> None:
    assert Client().get(APPS)["Location"] == f"/accounts/login/?next={APPS}"


def test_list_says_what_each_app_may_do_and_when_it_last_did(dora: User, consent: Consent) -> None:
    home = twin.make_home(dora, name="Cabin")
    ConsentNode.objects.create(consent=consent, node_id=home.pk)
    Consent.objects.update(is_limited=True, last_used_at=timezone.now())

    page = flows.browser_of(dora).get(APPS).content.decode()

    for text in ("Meter app", "Tilleuls Gestion", "Read what your devices", "Cabin", "each hour"):
        assert text in page
    assert "Not yet" not in page


def test_list_shows_living_consents_of_oneself_alone(
    dora: User, charlie: User, consent: Consent
) -> None:
    other = factories.make_application(consent.application.organisation, name="Bygone app")
    factories.make_consent(dora, other, expires_at=timezone.now() - timedelta(days=1))

    assert "Meter app" in flows.browser_of(dora).get(APPS).content.decode()
    assert "Bygone app" not in flows.browser_of(dora).get(APPS).content.decode()
    assert "No app has access" in flows.browser_of(charlie).get(APPS).content.decode()


def test_place_one_no_longer_sees_has_no_name(dora: User, charlie: User, consent: Consent) -> None:
    gone = twin.make_home(charlie, name="Sold house")
    ConsentNode.objects.create(consent=consent, node_id=gone.pk)
    Consent.objects.update(is_limited=True)

    page = flows.browser_of(dora).get(APPS).content.decode()

    assert "A place you no longer see" in page
    assert "Sold house" not in page


def test_saving_what_stands_changes_nothing(dora: User, consent: Consent) -> None:
    assert narrow(dora, consent)["Location"] == APPS

    assert Consent.objects.get().updated_at == consent.updated_at


def test_app_is_narrowed(dora: User, consent: Consent) -> None:
    home = twin.make_home(dora)

    answer = narrow(
        dora,
        consent,
        scopes=["sites:read"],
        where="chosen",
        nodes=[str(home.pk)],
        history="now",
        resolution="1mo",
        until="day",
    )

    after = Consent.objects.get()
    assert answer["Location"] == APPS
    assert (after.scopes, after.resolution, after.is_limited) == (["sites:read"], "1mo", True)
    assert after.history_from is not None
    assert after.expires_at is not None


def test_page_offers_nothing_wider(dora: User, consent: Consent) -> None:
    Consent.objects.update(
        history_from=timezone.now() - timedelta(days=10),
        expires_at=timezone.now() + timedelta(days=10),
    )

    form = flows.browser_of(dora).get(f"{APPS}{consent.pk}/").context["form"]

    offered = {
        name: [key for key, _ in form.fields[name].choices]
        for name in form.fields
        if hasattr(form.fields[name], "choices")
    }
    assert offered["scopes"] == ["sites:read", "readings:read"]
    assert offered["history"] == ["kept", "now", "date"]
    assert offered["resolution"] == ["1h", "1d", "1mo"]
    assert offered["until"] == ["kept", "day", "date"]


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": ["sites:read", "audit:read"]},
        {"scopes": []},
        {"resolution": "raw"},
        {"history": "all"},
        {"until": "year"},
        {"until": "date", "until_on": "2999-01-01"},
        {"history": "date", "history_on": "2001-01-01"},
    ],
)
def test_form_that_was_tampered_with_widens_nothing(
    dora: User, consent: Consent, changes: dict[str, Any]
) -> None:
    Consent.objects.update(
        history_from=timezone.now() - timedelta(days=10),
        expires_at=timezone.now() + timedelta(days=10),
    )
    before = Consent.objects.values().get()

    answer = narrow(dora, consent, **changes)

    assert answer.status_code == 200
    assert 'class="errorlist"' in answer.content.decode()
    assert Consent.objects.values().get() == before


def test_limited_consent_is_narrowed_within_its_places(dora: User, consent: Consent) -> None:
    home, cabin = twin.make_home(dora, name="Home"), twin.make_home(dora, name="Cabin")
    ConsentNode.objects.create(consent=consent, node_id=home.pk)
    Consent.objects.update(is_limited=True)
    consent.refresh_from_db()

    page = flows.browser_of(dora).get(f"{APPS}{consent.pk}/")
    refused = narrow(dora, consent, nodes=[str(cabin.pk)])

    assert [branch.place.name for branch in page.context["form"].browser.branches] == ["Home"]
    assert "This place cannot be chosen." in refused.content.decode()
    assert ConsentNode.objects.get().node_id == home.pk


def test_withdrawal_asks_first_and_then_kills_everything(
    dora: User, meter_app: Application
) -> None:
    browser = flows.browser_of(dora)
    flows.tokens_of(dora, meter_app, scope="openid profile")
    flows.approve(dora, meter_app)
    url = f"{APPS}{Consent.objects.get().pk}/withdraw/"
    DeviceGrant.objects.create(
        user=dora,
        client_id=meter_app.client_id,
        device_code="d",
        user_code="u",
        expires=timezone.now() + timedelta(minutes=5),
    )

    asked = browser.get(url)
    still = AccessToken.objects.count()
    browser.post(url)

    assert "Withdraw all access of Meter app?" in asked.content.decode()
    assert still == 1
    for kind in (AccessToken, RefreshToken, IDToken, Grant, DeviceGrant):
        assert not kind.objects.exists()


def test_page_left_open_over_a_withdrawal_says_so(dora: User, consent: Consent) -> None:
    browser, url = flows.browser_of(dora), f"{APPS}{consent.pk}/"
    form = flows.filled_in(browser, url)
    revoke_consent(consent=consent)

    answers = [
        browser.get(url, follow=True),
        browser.post(url, {**form, "save": "1"}, follow=True),
        browser.post(f"{url}withdraw/", follow=True),
    ]

    for answer in answers:
        assert answer.redirect_chain == [(APPS, 302)]
        assert "This app has no access any more." in answer.content.decode()


@pytest.mark.parametrize("page", ["", "withdraw/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_consent_of_somebody_else_does_not_exist(
    charlie: User, consent: Consent, page: str, method: str
) -> None:
    answer = getattr(flows.browser_of(charlie), method)(f"{APPS}{consent.pk}/{page}")

    assert answer.status_code == 404
    assert Consent.objects.get().revoked_at is None


@pytest.mark.parametrize("page", ["", "withdraw/"])
def test_deed_needs_the_form_of_our_own_page(dora: User, consent: Consent, page: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(dora)

    assert browser.post(f"{APPS}{consent.pk}/{page}", {"save": "1"}).status_code == 403
    assert Consent.objects.get().revoked_at is None


def test_pages_are_neither_kept_nor_framed(dora: User, consent: Consent) -> None:
    for page in ("", f"{consent.pk}/", f"{consent.pk}/withdraw/"):
        answer = flows.browser_of(dora).get(f"{APPS}{page}")

        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Frame-Options"] == "DENY"


def test_times_are_those_of_where_the_user_lives(dora: User, consent: Consent) -> None:
    User.objects.filter(pk=dora.pk).update(time_zone="Asia/Tokyo")
    Consent.objects.update(last_used_at=datetime(2026, 8, 1, 20, 30, tzinfo=UTC))

    page = flows.browser_of(dora).get(APPS).content.decode()

    assert "Aug. 2, 2026, 5:30 a.m." in page


def test_list_costs_a_constant_number_of_queries(dora: User, meter_app: Application) -> None:
    def add() -> None:
        application = factories.make_application(meter_app.organisation)
        consent = factories.make_consent(dora, application, is_limited=True)
        home = twin.make_home(dora)
        room = twin.make_space(home)
        for node in (home, room):
            ConsentNode.objects.create(consent=consent, node_id=node.pk)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            flows.browser_of(dora).get(APPS)
        return len(captured)

    add()
    few = queries()
    for _ in range(4):
        add()

    assert queries() == few
