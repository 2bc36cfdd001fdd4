"""What tests of twin's admin pages share."""

import pytest
from django.test import Client

from accounts.models import Organisation, User
from tests.twin.admin.editing import Editor
from tests.twin.planning.buildings import make_park
from twin.models import Site


@pytest.fixture
def garage(organisation: Organisation) -> Site:
    """A car park of two decks with three bays each."""
    return make_park(organisation)


@pytest.fixture
def editor(client: Client, garage: Site) -> Editor:
    """The editor of the car park, opened by somebody who may do everything."""
    client.force_login(User.objects.create_superuser("root@example.org", "secret"))
    return Editor(client, garage)
