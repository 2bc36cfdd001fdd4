"""A simulated smart-me cloud over real HTTP."""

from collections.abc import Iterator

import pytest

from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.server import Simulator
from integrations.smartme.simulator.world import Account, load_world
from tests.integrations.smartme.clouds import Cloud


@pytest.fixture(scope="session")
def tilleuls() -> list[Account]:
    """The accounts of the demonstration building; counting their past takes half a second."""
    return load_world("tilleuls")


@pytest.fixture
def cloud(tilleuls: list[Account]) -> Iterator[Cloud]:
    """Les Tilleuls in a cloud of its own."""
    for meter in tilleuls[0].meters:
        meter.switched_on = True
    with Simulator(SmartMeCloud(tilleuls)) as simulator:
        running = Cloud(simulator)
        yield running
        running.http.close()
