"""A worker is killed with commands in its hands: nothing is done twice, nothing ends in silence."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from accounts.models import Organisation
from devices.models import Command
from devices.services.commands.reports import expire_commands
from devices.services.commands.sending import due_commands, send_command
from tests.devices.commands.world import Wire, ask, make_plug, pass_time

ROOT = Path(__file__).resolve().parents[3]
THERE_WITHIN_S = 120
# Longer than the time-out of the action and the grace of a worker.
LONG = 46


def database_url() -> str:
    """Return the address of the test's own database."""
    given = connection.get_connection_params()
    user, host = quote(given.get("user") or "", safe=""), quote(given.get("host") or "", safe="")
    password = quote(given.get("password") or "", safe="")
    port = given.get("port") or 5432
    return f"postgresql://{user}:{password}@/{given['dbname']}?host={host}&port={port}"


def kill_in_the_middle(folder: Path, before: Iterable[Command], after: Iterable[Command]) -> None:
    """Let a worker send the commands, and kill it before or after it has asked the devices."""
    lists = [",".join(str(command.pk) for command in commands) for commands in (before, after)]
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.devices.commands.doomed", str(folder), *lists],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url()},
    )
    deadline = time.monotonic() + THERE_WITHIN_S
    while len(list(folder.glob("*.here"))) < 4:
        assert worker.poll() is None, "the worker ended by itself"
        assert time.monotonic() < deadline, "the worker never came so far"
        time.sleep(0.02)
    worker.kill()
    worker.wait()


@pytest.mark.django_db(transaction=True)
def test_killed_worker_doubles_nothing_and_leaves_nothing_open(
    wire: Wire, organisation: Organisation, tmp_path: Path
) -> None:
    plugs = [ask(make_plug(organisation)) for _ in range(2)]
    lamps = [ask(make_plug(organisation, action={"is_idempotent": True})) for _ in range(2)]

    kill_in_the_middle(tmp_path, (plugs[0], lamps[0]), (plugs[1], lamps[1]))
    assert due_commands() == []
    pass_time(LONG)
    for key in due_commands():
        send_command(key)
    expire_commands()

    ends = {one.pk: (one.status, one.reason, one.attempts) for one in Command.objects.all()}
    assert [ends[plug.pk] for plug in plugs] == [("expired", "no-answer", 1)] * 2
    assert [ends[lamp.pk] for lamp in lamps] == [("succeeded", "", 2)] * 2
    asked = {path.stem for path in tmp_path.glob("*.asked")}
    assert asked == {str(plugs[1].pk), str(lamps[1].pk)}
    assert sorted(order.command for order in wire.orders) == sorted(lamp.pk for lamp in lamps)
