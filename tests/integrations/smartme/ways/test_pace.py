"""The pace of calls, waits that the cloud asks for, and a line that is taken for broken."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from devices.models import Fleet
from integrations.models import Connection
from integrations.smartme.claims import next_beat
from integrations.smartme.errors import CallHeldBack, RequestsLimited
from integrations.smartme.gates import Circuit, Purpose, hold, open_account
from integrations.smartme.pacing import LocalBuckets, Pace, Pacer, pace_of
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import make_connection, sync


@pytest.fixture
def connection(fleet: Fleet, cloud: Cloud) -> Connection:
    return make_connection(fleet)


def ask(connection: Connection, purpose: Purpose = Purpose.COMMAND) -> None:
    connection.refresh_from_db()
    with open_account(connection, purpose=purpose) as client:
        client.devices()


def granted(pacer: Pacer, account: UUID, **given: Any) -> int:
    """Return how many calls the pacer lets pass before it wants a wait."""
    count = 0
    while not pacer.take(account, licence="basic", **given):
        count += 1
    return count


def test_bucket_is_shared_and_ends() -> None:
    account, burst = uuid4(), pace_of("basic").burst

    first = granted(Pacer(), account)
    wait_s = Pacer().take(account, licence="basic")

    assert burst <= first <= burst + 2
    assert wait_s <= 60 / pace_of("basic").per_minute


def test_calls_that_matter_less_leave_some_for_those_that_matter_more() -> None:
    account = uuid4()
    granted(Pacer(), account, reserve=4)

    assert granted(Pacer(), account) >= 4


def test_without_redis_the_pace_is_kept_by_each_process(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    half = pace_of("basic").burst // 2

    assert half <= granted(Pacer(), uuid4()) <= half + 1


def test_local_bucket_fills_again() -> None:
    buckets, account, quick = LocalBuckets(), uuid4(), Pace(per_minute=6e6, burst=1)

    assert buckets.take(account, quick, reserve=0) == 0.0
    assert buckets.take(account, Pace(per_minute=60, burst=1), reserve=3) <= 1.0


def test_beats_of_a_thousand_connections_are_spread() -> None:
    now = timezone.now()
    waits = [(next_beat(uuid4(), now=now, interval_s=60) - now).total_seconds() for _ in range(999)]

    assert all(30 <= wait <= 90 for wait in waits)
    assert max(sum(start <= wait < start + 6 for wait in waits) for start in range(30, 90, 6)) < 200


def test_beat_keeps_its_place() -> None:
    key, now = uuid4(), timezone.now()
    first = next_beat(key, now=now, interval_s=60)

    second = next_beat(key, now=first + timedelta(seconds=2), interval_s=60)

    assert (second - first).total_seconds() == pytest.approx(60, abs=0.01)


@pytest.mark.django_db
def test_wait_the_cloud_asked_a_command_for_holds_for_the_sync_too(
    connection: Connection, cloud: Cloud
) -> None:
    sync(connection)
    cloud.fault("status", status=429, retry_after=120)
    with pytest.raises(RequestsLimited):
        ask(connection)
    cloud.heal()
    calls = cloud.calls()

    with pytest.raises(CallHeldBack) as held:
        ask(connection)

    assert 110 < (held.value.retry_after_s or 0) <= 120
    assert cloud.calls() == calls
    connection.refresh_from_db()
    assert connection.next_attempt_at >= timezone.now() + timedelta(seconds=110)


@pytest.mark.django_db
def test_sync_that_was_asked_for_is_made_during_a_wait(connection: Connection) -> None:
    hold(connection, 120)

    assert sync(connection).outcome == "ok"


@pytest.mark.django_db
def test_broken_line_lets_the_probe_pass_alone(connection: Connection, cloud: Cloud) -> None:
    Connection.objects.filter(pk=connection.pk).update(failures=5, status="degraded", claim=None)
    connection.refresh_from_db()
    assert Circuit.of(connection) == Circuit.OPEN
    with pytest.raises(CallHeldBack):
        ask(connection)
    assert cloud.calls() == 0

    assert sync(connection).outcome == "ok"

    assert Circuit.of(connection) == Circuit.CLOSED
    ask(connection)


@pytest.mark.django_db
def test_sync_beyond_the_pace_is_put_off_and_nothing_is_wrong(connection: Connection) -> None:
    sync(connection)
    while not Pacer().take(connection.pk, licence=connection.licence):
        pass

    with pytest.raises(AssertionError):
        sync(connection)

    connection.refresh_from_db()
    assert (connection.status, connection.claim) == ("ok", None)
    assert connection.runs.count() == 1
