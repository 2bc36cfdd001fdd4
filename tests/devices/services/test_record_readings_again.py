"""record_readings when the database fails: tried again as a whole, nothing lost or doubled."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.dispatch import Signal

from accounts.models import Organisation
from devices.models import Device, Reading, RollupMark
from devices.services import partitions
from devices.services.partitions import READINGS, Month
from devices.services.readings import record_readings
from devices.signals import readings_recorded
from integrations.models import Event
from tests.devices.factories import make_device

START = datetime(2004, 5, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def device(no_readings_left: None, organisation: Organisation) -> Device:
    return make_device(organisation)


def readings(device: Device, *, count: int = 20) -> list[dict[str, Any]]:
    point = {"device": str(device.pk), "point": "active_power"}
    return [
        {**point, "time": START + timedelta(minutes=number), "value": number}
        for number in range(count)
    ]


def cut_own_connection() -> None:
    """Let the server end this session, as a restart would."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])


class Fault:
    """Cuts the connection in the middle of the first transactions."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, sender: Any, *, signal: Signal, **news: Any) -> None:
        if self.left:
            self.left -= 1
            cut_own_connection()


@pytest.fixture
def fault() -> Iterator[Fault]:
    found = Fault(times=2)
    readings_recorded.connect(found)
    yield found
    readings_recorded.disconnect(found)


def test_cut_connection_is_tried_again(device: Device, fault: Fault) -> None:
    recorded = record_readings(readings(device), devices=Device.objects.all())

    assert (recorded.accepted, fault.left) == (20, 0)
    assert Reading.objects.count() == 20
    assert Event.objects.filter(type="readings.recorded").count() == 1


def test_caller_with_a_transaction_must_try_again(device: Device, fault: Fault) -> None:
    with pytest.raises(OperationalError), transaction.atomic():
        record_readings(readings(device), devices=Device.objects.all())

    connection.close()
    assert fault.left == 1


def test_month_dropped_meanwhile_is_made_again(device: Device) -> None:
    record_readings(readings(device), devices=Device.objects.all())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {partitions.name_of((READINGS, Month(2004, 5)))}")

    recorded = record_readings(readings(device), devices=Device.objects.all())

    assert recorded.accepted == 20


def test_writers_with_the_same_points_neither_lose_nor_wait_forever(
    device: Device, organisation: Organisation
) -> None:
    others = [make_device(organisation) for _ in range(4)]
    items = [item for one in (device, *others) for item in readings(one)]
    counts: list[int] = []

    def write() -> None:
        mine = random.sample(items, len(items))
        counts.append(record_readings(mine, devices=Device.objects.all()).accepted)
        connection.close()

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(counts) == Reading.objects.count() == len(items)
    assert set(RollupMark.objects.values_list("marks", flat=True)) == {4}
