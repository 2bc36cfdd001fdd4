"""The cast and their clients; everybody is made only when asked for.

alice owns the organisation, bob operates it, vera only looks at it, charlie is a stranger who owns
an organisation of his own, dora is an end user, ``meter_app`` is the organisation's OAuth client.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from axes.handlers.proxy import AxesProxyHandler
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import Application, Organisation, User
from tests import factories
from tests.browser import Browser, start_browser

Client = Callable[..., APIClient]


@pytest.fixture(autouse=True)
def quick_and_apart(settings: Any) -> None:
    """Hash quickly, and share no cache entry (rate limits) with any other test or process."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "accounts.hashers.ClientSecretHasher",
    ]
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid4()}"},
    }
    # It keeps the cache that it first saw.
    AxesProxyHandler.implementation = None


@pytest.fixture
def organisation(db: None) -> Organisation:
    return factories.make_organisation(name="Tilleuls Gestion")


@pytest.fixture
def alice(organisation: Organisation) -> User:
    return factories.make_member(organisation, role="owner", email="alice@example.org")


@pytest.fixture
def bob(organisation: Organisation) -> User:
    return factories.make_member(organisation, role="operator", email="bob@example.org")


@pytest.fixture
def vera(organisation: Organisation) -> User:
    return factories.make_member(organisation, role="viewer", email="vera@example.org")


@pytest.fixture
def charlie(db: None) -> User:
    elsewhere = factories.make_organisation(name="Elsewhere")
    return factories.make_member(elsewhere, role="owner", email="charlie@example.org")


@pytest.fixture
def dora(db: None) -> User:
    return factories.make_b2c_user(email="dora@example.org")


@pytest.fixture
def meter_app(organisation: Organisation) -> Application:
    return factories.make_application(organisation, name="Meter app", client_id="meter-app")


@pytest.fixture
def as_(db: None) -> Client:
    """Return a client with a real token: ``as_(bob)``, ``as_(meter_app, "devices:read")``.

    Without scopes the token holds them all.
    """

    def client_of(who: User | Application, *scopes: str) -> APIClient:
        token = factories.make_token_for(who, scopes=scopes or factories.ALL_SCOPES)
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return client_of


@pytest.fixture
def anonymous() -> APIClient:
    return APIClient(raise_request_exception=False)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """Return a Chromium that nobody has used yet; the test is skipped where there is none."""
    started = start_browser(tmp_path / "chromium")
    yield started
    started.driver.quit()


SERIES = "devices_reading, devices_reading_text, devices_rollup, devices_rollup_dirty"


@pytest.fixture
def no_readings_left(transactional_db: None) -> Iterator[None]:
    """Empty the time-series tables, which Django does not flush: no model manages them."""
    _empty_series()
    yield
    _empty_series()


@pytest.fixture(autouse=True)
def series_of_others_apart(request: pytest.FixtureRequest) -> None:
    """Leave no reading behind where a test commits what it does."""
    mark = request.node.get_closest_marker("django_db")
    if mark is not None and mark.kwargs.get("transaction"):
        request.getfixturevalue("no_readings_left")


def _empty_series() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {SERIES}")
