"""Where people may be sent back to: what an application has registered, and nowhere else."""

from contextlib import nullcontext
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Application, User
from tests.accounts.oauth import flows


def ask(user: User, application: Application, **overrides: str | None) -> Any:
    return flows.browser_of(user).get(flows.authorize_url(application, **overrides))


@pytest.mark.parametrize(
    ("registered", "asked", "is_the_same"),
    [
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", True),
        ("http://[::1]/cb", "http://[::1]:51004/cb", True),
        ("http://127.0.0.1/cb", "http://[::1]:51004/cb", False),
        ("http://127.0.0.1/cb", "http://localhost:51004/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.2:51004/cb", False),
        ("http://127.0.0.1/cb", "http://127.1/cb", False),
        ("http://127.0.0.1/cb", "http://2130706433/cb", False),
        ("http://[::1]/cb", "http://[0:0:0:0:0:0:0:1]/cb", False),
        ("http://[::1]/cb", "http://[::ffff:127.0.0.1]/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/CB", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb/", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004@evil.example.org/cb", False),
        ("http://localhost/cb", "http://localhost:51004/cb", False),
        ("https://app.example.org/cb", "https://app.example.org:51004/cb", False),
        ("https://app.example.org/cb", "https://app.example.org/cb?next=//evil", False),
        ("https://app.example.org/cb", "https://app.example.org/cb;evil", False),
        ("https://app.example.org/cb", "https://app.example.org/cb/../x", False),
        ("https://app.example.org/cb", "https://app.example.org/%63b", False),
        ("https://app.example.org/cb", "https://app.example.org.evil.example.org/cb", False),
        ("https://app.example.org/cb", "https://app.example.org\\@evil.example.org/cb", False),
        ("https://app.example.org/cb", "//app.example.org/cb", False),
        ("https://app.example.org/cb", "https://app.example.org/cb#", False),
        ("https://app.example.org/cb", "https://app.example.org/cb\x00", False),
    ],
)
def test_address_to_return_to_is_compared_exactly_but_for_a_loopback_port(
    dora: User, meter_app: Application, registered: str, asked: str, is_the_same: bool
) -> None:
    Application.objects.update(redirect_uris=registered)

    answer = ask(dora, meter_app, redirect_uri=asked)

    assert answer.status_code == (200 if is_the_same else 400)
    assert "Location" not in answer


def test_address_must_be_named_if_there_are_several(dora: User, meter_app: Application) -> None:
    Application.objects.update(redirect_uris="https://a.example.org/ https://b.example.org/")

    assert ask(dora, meter_app, redirect_uri=None).status_code == 400


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("https://app.example.org/cb", True),
        ("http://127.0.0.1/cb", True),
        ("http://[::1]/cb", True),
        ("http://localhost/cb", False),
        ("http://app.example.org/cb", False),
        ("http://127.0.0.1.example.org/cb", False),
        ("javascript:alert(1)", False),
    ],
)
def test_outside_dev_plain_http_stays_on_the_own_machine(
    meter_app: Application, settings: Any, address: str, is_allowed: bool
) -> None:
    settings.IS_DEV = False
    meter_app.redirect_uris = address

    with nullcontext() if is_allowed else pytest.raises(ValidationError, match=r"redirect|https"):
        meter_app.full_clean(exclude=["client_secret"])


@pytest.mark.parametrize("scope", ["profile", "no:such"])
def test_native_app_is_answered_in_production(
    dora: User, meter_app: Application, settings: Any, scope: str
) -> None:
    allowed = {**settings.OAUTH2_PROVIDER, "ALLOWED_REDIRECT_URI_SCHEMES": ["https"]}
    settings.OAUTH2_PROVIDER = allowed
    Application.objects.update(redirect_uris="http://127.0.0.1/cb")
    address = flows.authorize_url(meter_app, redirect_uri="http://127.0.0.1:51004/cb", scope=scope)

    browser = flows.browser_of(dora)
    answer = browser.get(address) if scope == "no:such" else flows.approve_at(browser, address)

    assert answer["Location"].startswith("http://127.0.0.1:51004/cb?")
