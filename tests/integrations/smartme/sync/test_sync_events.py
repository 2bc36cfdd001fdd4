"""Trouble with an account and its end are events, each told once."""

import pytest

from integrations.models import Connection, Event
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import sync

pytestmark = pytest.mark.django_db


def told(connection: Connection) -> list[str]:
    rows = Event.objects.filter(subject__endswith=str(connection.pk)).order_by("pk")
    return list(rows.values_list("type", flat=True))


def test_trouble_and_its_end_are_told_once_each(connection: Connection, cloud: Cloud) -> None:
    cloud.fault("status", status=500)
    sync(connection)
    cloud.fault("status", status=401)
    sync(connection)
    cloud.heal()
    sync(connection)
    sync(connection)

    assert told(connection) == ["connection.degraded", "connection.recovered"]


def test_account_that_works_is_no_news(connection: Connection) -> None:
    sync(connection)

    assert told(connection) == []
