"""The world in which the contract holds."""

import pytest

from accounts.models import Organisation, User
from tests.contract.rows import World


@pytest.fixture
def world(organisation: Organisation, alice: User) -> World:
    return World(organisation, alice)
