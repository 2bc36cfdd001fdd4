"""``manage.py rotate_secrets``: afterwards the old key may go."""

import io

import pytest
from django.conf import LazySettings
from django.core.management import call_command

from accounts.models import Organisation
from config.lib.secrets import SecretUnreadable
from integrations.models import Connection
from tests.devices.factories import make_fleet

OLD, NEW = "o" * 40, "n" * 40


@pytest.fixture
def connection(organisation: Organisation, settings: LazySettings) -> Connection:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    made: Connection = Connection.objects.create(
        organisation=organisation,
        fleet=make_fleet(organisation),
        name="Account",
        auth_method="api_key",
        secret={"api_key": "secret"},
    )
    return made


def rotate() -> str:
    out = io.StringIO()
    call_command("rotate_secrets", stdout=out)
    return out.getvalue()


def test_rotated_secrets_open_by_the_new_key_alone(
    connection: Connection, settings: LazySettings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]

    told = rotate()

    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert Connection.objects.get().secret == {"api_key": "secret"}
    assert "integrations.Connection.secret: 1" in told


def test_without_rotation_the_old_key_is_still_needed(
    connection: Connection, settings: LazySettings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW]

    with pytest.raises(SecretUnreadable):
        rotate()
