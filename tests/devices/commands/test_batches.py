"""One action for many devices: tried first, in waves, stopped by errors, cancelled."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organisation, User
from devices.models import Command, CommandBatch, CommandStep, Device
from devices.services.commands.batches import advance_batch
from devices.services.commands.reports import expire_commands
from devices.services.commands.sending import due_commands, send_command
from devices.transports import Outcome, TransportError
from tests.conftest import Client
from tests.devices.commands.world import Wire, make_box, make_plug, make_switch
from tests.devices.factories import make_device
from tests.problems import assert_problem
from tests.twin.factories import make_site, make_space
from twin.models import Site

pytestmark = pytest.mark.django_db
URL = "/api/v1/command-batches/"


@pytest.fixture
def site(organisation: Organisation) -> Site:
    return make_site(organisation)


@pytest.fixture
def plugs(organisation: Organisation, site: Site) -> list[Device]:
    """Five plugs of one type behind one gateway."""
    box, kind = make_box(organisation, site=site), make_switch()
    return [make_device(organisation, type=kind, gateway=box, site=site) for _ in range(5)]


def body(site: Site, **more: Any) -> dict[str, Any]:
    target = {"site": str(site.pk)}
    return {"target": target, "action": "switch", "parameters": {"on": True}, **more}


def start(client: Any, site: Site, **more: Any) -> CommandBatch:
    response = client.post(URL, body(site, **more))
    assert response.status_code == HTTPStatus.ACCEPTED, response.content
    batch: CommandBatch = CommandBatch.objects.get(pk=response.json()["id"])
    return batch


def work(batch: CommandBatch) -> str:
    """Send what may leave, then let the clock turn once."""
    for key in due_commands():
        send_command(key)
    advance_batch(batch.pk)
    batch.refresh_from_db()
    return str(batch.status)


def test_dry_run_tells_targets_and_reasons_and_does_nothing(
    as_: Client, bob: User, organisation: Organisation, site: Site, plugs: list[Device]
) -> None:
    alone = make_device(organisation, type=plugs[0].type, site=site)
    other = make_device(organisation, site=site, type=make_switch(key="open"))
    suspended = plugs.pop()
    suspended.asset.status = "suspended"
    suspended.asset.save()

    found = as_(bob).post(URL, body(site, dry_run=True)).json()

    assert found["targets"] == [str(plug.pk) for plug in plugs]
    reasons = {entry["device"]: entry["code"] for entry in found["skipped"]}
    assert reasons == {
        str(alone.pk): "device-not-controllable",
        str(other.pk): "validation",
        str(suspended.pk): "asset-not-active",
    }
    assert not Command.objects.exists()
    assert not CommandBatch.objects.exists()


def test_first_wave_leaves_and_the_others_wait(
    as_: Client, bob: User, wire: Wire, site: Site, plugs: list[Device]
) -> None:
    batch = start(as_(bob), site, wave_size=2)

    assert (batch.total, batch.waves, len(due_commands())) == (5, 3, 2)
    sizes = []
    while work(batch) == "running":
        sizes.append(len(wire.orders))

    assert (sizes, len(wire.orders), batch.status) == ([2, 4], 5, "done")
    assert {order.device for order in wire.orders} == {plug.pk for plug in plugs}


def test_wave_waits_until_the_last_one_is_over(
    as_: Client, bob: User, site: Site, plugs: list[Device]
) -> None:
    batch = start(as_(bob), site, wave_size=2)

    for _ in range(3):
        advance_batch(batch.pk)

    batch.refresh_from_db()
    assert (batch.wave, Command.objects.filter(is_held=True).count()) == (1, 3)


def test_gateway_is_handed_one_wave_at_a_time(
    as_: Client, bob: User, site: Site, plugs: list[Device]
) -> None:
    start(as_(bob), site, wave_size=2)
    assert plugs[0].gateway is not None

    url = f"/api/v1/gateways/{plugs[0].gateway_id}/commands/fetch/"
    fetched = as_(plugs[0].gateway.application).post(url).json()["results"]

    assert len(fetched) == 2


def test_error_rate_stops_what_has_not_left(
    as_: Client, bob: User, wire: Wire, site: Site, plugs: list[Device]
) -> None:
    wire.answers = [Outcome(), TransportError("No.", code="refused", permanent=True)]
    batch = start(as_(bob), site, wave_size=2, stop_at=0.4)

    assert work(batch) == "stopped"

    shown = as_(bob).get(f"{URL}{batch.pk}/").json()
    assert shown["progress"] == {"succeeded": 1, "failed": 1, "cancelled": 3}
    assert set(Command.objects.filter(wave__gt=1).values_list("reason", flat=True)) == {
        "batch-stopped"
    }


def test_errors_below_the_rate_stop_nothing(
    as_: Client, bob: User, wire: Wire, site: Site, plugs: list[Device]
) -> None:
    refused = TransportError("No.", code="refused", permanent=True)
    wire.answers = [refused, Outcome()]
    batch = start(as_(bob), site, wave_size=2, stop_at=0.5)

    while work(batch) == "running":
        pass

    assert (batch.status, len(wire.orders)) == ("done", 5)


def test_silence_of_a_wave_counts_as_failure(
    as_: Client, bob: User, site: Site, plugs: list[Device]
) -> None:
    batch = start(as_(bob), site, wave_size=2, stop_at=0)
    Command.objects.filter(wave=1).update(due_at=timezone.now() - timedelta(seconds=1))

    expire_commands()

    assert work(batch) == "stopped"


def test_cancelled_batch_leaves_what_has_left(
    as_: Client, bob: User, wire: Wire, site: Site, plugs: list[Device]
) -> None:
    client = as_(bob)
    batch = start(client, site, wave_size=2)
    for key in due_commands():
        send_command(key)

    answers = [client.post(f"{URL}{batch.pk}/cancel/") for _ in range(2)]

    assert [answer.json()["progress"] for answer in answers] == [
        {"succeeded": 2, "cancelled": 3}
    ] * 2
    assert work(batch) == "cancelled"


def test_batch_that_is_done_cannot_be_cancelled(
    as_: Client, bob: User, wire: Wire, site: Site, plugs: list[Device]
) -> None:
    batch = start(as_(bob), site)
    assert work(batch) == "done"

    response = as_(bob).post(f"{URL}{batch.pk}/cancel/")

    assert_problem(response, HTTPStatus.CONFLICT, "batch-over", batch_status="done")


def test_filter_and_space_narrow_the_targets(
    as_: Client, bob: User, organisation: Organisation, site: Site, plugs: list[Device]
) -> None:
    room = make_space(site)
    here = make_plug(organisation, site=site, space=room, tags={"floor": "2"})
    wishes = [
        body(site, target={"space": str(room.pk)}),
        body(site, filter={"tags": {"floor": "2"}}),
        body(site, filter={"type": here.type.key}),
    ]

    found = [as_(bob).post(URL, {**wish, "dry_run": True}).json()["targets"] for wish in wishes]

    assert found == [[str(here.pk)]] * 3


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"target": {}}, "#/target"),
        ({"wave_size": 0}, "#/wave_size"),
        ({"stop_at": 1.5}, "#/stop_at"),
        ({"filter": {"colour": "red"}}, "#/filter/colour"),
        ({"action": "explode"}, "#/target"),
    ],
)
def test_batch_that_does_not_fit_is_pointed_at(
    as_: Client,
    bob: User,
    site: Site,
    plugs: list[Device],
    changes: dict[str, Any],
    pointer: str,
) -> None:
    response = as_(bob).post(URL, body(site, **changes))

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)


def test_site_of_a_stranger_is_no_target(
    as_: Client, charlie: User, site: Site, plugs: list[Device]
) -> None:
    response = as_(charlie).post(URL, body(site))

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/target/site")


def test_batch_costs_as_much_for_many_as_for_few(
    as_: Client, bob: User, organisation: Organisation, site: Site, plugs: list[Device]
) -> None:
    client, costs = as_(bob), []
    client.post(URL, body(site))
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.post(URL, body(site))
        costs.append(len(queries))
        for _ in range(10):
            make_device(organisation, type=plugs[0].type, gateway=plugs[0].gateway, site=site)

    assert costs[0] == costs[1] <= 36
    assert Command.objects.count() == CommandStep.objects.count() == 5 + 5 + 15
