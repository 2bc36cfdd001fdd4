"""A line to the cloud, and one meter on it."""

import pytest

from accounts.models import Organisation
from integrations.models import MeterLink
from tests.integrations.smartme.realtime.posts import Line, make_line, make_meter


@pytest.fixture
def line(organisation: Organisation) -> Line:
    return make_line(organisation)


@pytest.fixture
def meter(line: Line) -> MeterLink:
    return make_meter(line.connection)
