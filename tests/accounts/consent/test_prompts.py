"""How a client may want its user to be asked. Source: OpenID Connect Core 1.0 section 3.1.2.1."""

import pytest
from django.test import Client

from accounts.models import Application, Consent, User
from accounts.sessions import LOGGED_IN_AT
from tests import factories
from tests.accounts.oauth import flows


def test_silent_request_of_nobody_needs_a_login(meter_app: Application) -> None:
    answer = Client().get(flows.authorize_url(meter_app, prompt="none"))

    assert flows.received(answer)["error"] == "login_required"


@pytest.mark.parametrize("scopes", [None, ["profile"]])
def test_silent_request_for_more_than_stands_needs_the_page(
    dora: User, meter_app: Application, scopes: list[str] | None
) -> None:
    if scopes:
        factories.make_consent(dora, meter_app, scopes=scopes)

    answer = flows.browser_of(dora).get(flows.authorize_url(meter_app, prompt="none"))

    assert flows.received(answer)["error"] == "consent_required"


def test_silent_request_for_what_stands_is_granted_and_changes_nothing(
    dora: User, meter_app: Application
) -> None:
    before = factories.make_consent(dora, meter_app, resolution="1d")

    answer = flows.browser_of(dora).get(flows.authorize_url(meter_app, prompt="none"))

    assert flows.exchange(meter_app, flows.received(answer)["code"]).status_code == 200
    after = Consent.objects.get()
    assert (after.scopes, after.resolution) == (sorted(before.scopes), "1d")


def test_client_that_anybody_could_pose_as_is_never_granted_silently(
    dora: User, meter_app: Application
) -> None:
    Application.objects.update(client_type=Application.CLIENT_PUBLIC)
    factories.make_consent(dora, meter_app)

    answer = flows.browser_of(dora).get(flows.authorize_url(meter_app, prompt="none"))

    assert flows.received(answer)["error"] == "consent_required"


def test_silence_and_something_else_contradict_each_other(
    dora: User, meter_app: Application
) -> None:
    answer = flows.browser_of(dora).get(flows.authorize_url(meter_app, prompt="none consent"))

    assert flows.received(answer)["error"] == "invalid_request"


def test_consent_prompt_shows_the_page(dora: User, meter_app: Application) -> None:
    factories.make_consent(dora, meter_app)

    answer = flows.browser_of(dora).get(flows.authorize_url(meter_app, prompt="consent"))

    assert answer.status_code == 200


def test_silent_request_heeds_the_age_of_the_login(dora: User, meter_app: Application) -> None:
    factories.make_consent(dora, meter_app)
    browser = flows.browser_of(dora)
    session = browser.session
    session[LOGGED_IN_AT] -= 600
    session.save()

    old = browser.get(flows.authorize_url(meter_app, prompt="none", max_age="300"))
    fresh = browser.get(flows.authorize_url(meter_app, prompt="none", max_age="900"))

    assert flows.received(old)["error"] == "login_required"
    assert "code" in flows.received(fresh)
