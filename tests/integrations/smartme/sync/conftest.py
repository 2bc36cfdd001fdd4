"""A small part of Les Tilleuls, connected."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from accounts.models import Organisation
from devices.models import Fleet
from devices.services.catalogue import load_catalogue
from integrations.models import Connection
from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.server import Simulator
from integrations.smartme.simulator.world import Account
from tests.devices.factories import make_fleet
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import make_connection

# Two flats, the gateway, hot water, a charging station, and the meter with the long serial.
SERIALS = (6304021, 6304022, 8100001, 71440145, 7003120, 636731327420929937)


@pytest.fixture
def cloud(tilleuls: list[Account]) -> Iterator[Cloud]:
    """Six devices of Les Tilleuls in a cloud of their own."""
    few = [meter for meter in tilleuls[0].meters if meter.serial in SERIALS]
    with Simulator(SmartMeCloud([replace(tilleuls[0], meters=few)])) as simulator:
        running = Cloud(simulator)
        yield running
        running.http.close()


@pytest.fixture
def fleet(organisation: Organisation) -> Fleet:
    """A fleet for the meters, with the shipped device types in place."""
    load_catalogue()
    return make_fleet(organisation)


@pytest.fixture
def connection(fleet: Fleet, cloud: Cloud, settings: Any) -> Connection:
    """A connection to Les Tilleuls; its first sync is queued, not run."""
    settings.SMARTME_API_URL = cloud.url
    return make_connection(fleet)
