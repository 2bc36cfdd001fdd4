"""A fleet and a connection of the cast's organisation; nothing here may call a cloud."""

from typing import Any

import pytest

from accounts.models import Organisation
from devices.models import Fleet
from integrations.models import Connection
from tests.devices.factories import make_fleet
from tests.integrations.smartme.factories import make_connection


@pytest.fixture(autouse=True)
def no_cloud(settings: Any) -> None:
    """Point at a port where nobody listens."""
    settings.SMARTME_API_URL = "http://127.0.0.1:9"


@pytest.fixture
def fleet(organisation: Organisation) -> Fleet:
    return make_fleet(organisation)


@pytest.fixture
def connection(fleet: Fleet) -> Connection:
    return make_connection(fleet)
