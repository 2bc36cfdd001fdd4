"""A line to the cloud, and one meter on it."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import Organisation
from integrations.models import MeterLink
from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.server import Simulator
from integrations.smartme.simulator.world import Key, made_up_account
from tests.integrations.smartme.clouds import READING_KEY, Cloud
from tests.integrations.smartme.realtime.posts import Line, make_line, make_meter


@pytest.fixture
def line(organisation: Organisation) -> Line:
    return make_line(organisation)


@pytest.fixture
def meter(line: Line) -> MeterLink:
    return make_meter(line.connection)


@pytest.fixture
def cloud(settings: Any) -> Iterator[Cloud]:
    """A small account in a cloud of its own, whose key may register for realtime posts."""
    account = made_up_account("tilleuls", api_key=READING_KEY, meters=3)
    claims = frozenset({"device.read", "realtimeapi.readwrite"})
    account.api_keys[READING_KEY] = Key(claims)
    with Simulator(SmartMeCloud([account])) as simulator:
        settings.SMARTME_API_URL = simulator.url
        running = Cloud(simulator)
        yield running
        running.http.close()
