"""Devices to be asked, and the ways to them."""

from collections.abc import Iterator

import pytest

from accounts.models import Application, Organisation
from devices import transports
from devices.models import Device
from devices.transports import Outcome, register_transport
from tests.devices.commands.world import ON, Wire, make_plug
from tests.twin.factories import make_site


@pytest.fixture
def plug(organisation: Organisation) -> Device:
    return make_plug(organisation, site=make_site(organisation))


@pytest.fixture
def box(plug: Device) -> Application:
    """The credentials of the gateway that the plug is behind."""
    assert plug.gateway is not None
    found: Application | None = plug.gateway.application
    assert found is not None
    return found


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A way that pushes to every device, taken before the gateway."""
    way = Wire(answers=[Outcome(result=dict(ON))])
    register_transport(way)
    yield way
    del transports._transports[way.key]
