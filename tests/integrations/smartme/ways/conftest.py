"""A simulated cloud with OAuth applications, and a fleet to connect."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from accounts.models import Organisation
from devices.models import Fleet
from integrations.models import Connection
from integrations.smartme.authorizing import redirect_uri
from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.server import Simulator
from integrations.smartme.simulator.world import Account
from tests.devices.factories import make_fleet
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import make_connection

APP = {"client_id": "atrium", "kind": "confidential", "secret": "app-s3cret"}
PUBLIC = {"client_id": "atrium-public", "kind": "public"}


@pytest.fixture
def cloud(tilleuls: list[Account], settings: Any) -> Iterator[Cloud]:
    """Les Tilleuls without meters, with two applications that may send people back to us."""
    account = replace(tilleuls[0], meters=[], apps=dict(tilleuls[0].apps))
    with Simulator(SmartMeCloud([account])) as simulator:
        settings.SMARTME_API_URL = simulator.url
        running = Cloud(simulator)
        apps = [{**app, "redirect_uris": [redirect_uri()]} for app in (APP, PUBLIC)]
        running.change("accounts", name="tilleuls", apps=apps)
        yield running
        running.http.close()


@pytest.fixture
def fleet(organisation: Organisation) -> Fleet:
    """A fleet to connect."""
    return make_fleet(organisation)


@pytest.fixture
def asked(cloud: Cloud, fleet: Fleet) -> Connection:
    """A connection that a person has to allow."""
    return make_oauth(fleet, grant="authorization_code")


def make_oauth(fleet: Fleet, *, grant: str, **more: Any) -> Connection:
    """Make a connection by OAuth 2.0 with our confidential application."""
    given = {"client_id": "atrium", "client_secret": "app-s3cret", "api_key": None, **more}
    return make_connection(fleet, auth_method="oauth", oauth_grant=grant, **given)
