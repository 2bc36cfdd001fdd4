"""A worker that dies at any step of a sync loses and doubles nothing."""

from typing import Any

import pytest

from devices.models import Asset, Device, Gateway, Reading
from integrations.choices import SyncOutcome
from integrations.models import Connection, MeterLink
from integrations.smartme import discovery
from integrations.smartme import sync as steps
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import sync

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What a kill looks like from inside: nothing catches it."""


def kill_at(monkeypatch: pytest.MonkeyPatch, place: Any, step: str, *, call: int) -> None:
    """Die at that call of a step, before it does anything."""
    original, calls = getattr(place, step), [0]

    def dying(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] == call:
            raise Killed
        return original(*args, **kwargs)

    monkeypatch.setattr(place, step, dying)


@pytest.mark.parametrize(
    ("place", "step", "call"),
    [
        (steps, "_begin", 1),
        (steps, "_fetch", 1),
        (steps, "renew", 1),
        (steps, "discover", 1),
        (discovery, "activate_device", 1),
        (discovery, "activate_device", 3),
        (discovery, "create_gateway", 1),
        (discovery, "_store", 1),
        (discovery, "_mark_vanished", 1),
        (steps, "record", 1),
        (steps, "_tell_meters", 1),
        (steps, "_end", 1),
    ],
)
def test_next_sync_goes_on_where_a_killed_one_stopped(
    connection: Connection,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    step: str,
    call: int,
) -> None:
    cloud.inner.clock.change(speed=0)
    kill_at(monkeypatch, place, step, call=call)

    with pytest.raises(Killed):
        sync(connection)
    run = sync(connection)

    reports = cloud.http.get("/_simulator/ledger").json()["reports"]
    assert run.outcome == SyncOutcome.OK
    assert (MeterLink.objects.count(), len(reports)) == (6, 6)
    assert (Device.objects.count(), Gateway.objects.count(), Asset.objects.count()) == (5, 1, 6)
    assert Reading.objects.count() == run.accepted + run.duplicates
    assert connection.status == "ok"


def test_killed_run_stays_claimed_until_its_claim_ends(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_at(monkeypatch, steps, "record", call=1)

    with pytest.raises(Killed):
        sync(connection)

    stored = Connection.objects.get()
    assert stored.claim is not None
    assert stored.runs.get(outcome=SyncOutcome.RUNNING).finished_at is None
