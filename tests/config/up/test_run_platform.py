"""`manage.py up`: the whole platform, from the first process to the last."""

import json
import signal
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.config.up.conftest import Up
from tests.config.up.running import Run, left_over, manage, reachable_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def platform(taken: int) -> Iterator[Run]:
    with (
        reachable_folder() as folder,
        closing(Run(folder / "state", log=folder / "up.log", PORT=str(taken))) as run,
    ):
        run.until("ready in")
        yield run


def test_taken_port_is_replaced_and_said(platform: Run, taken: int) -> None:
    assert f"port {taken} is taken" in platform.output
    assert f":{taken}" not in platform.until("ready in")


def test_platform_is_ready_when_it_says_so(platform: Run) -> None:
    address = platform.until("ready in").split()[-1]

    with urllib.request.urlopen(f"{address}/readyz") as answer:
        assert answer.status == 200


def test_second_up_names_the_first(platform: Run) -> None:
    done = manage(platform.state_dir, "up")

    assert done.returncode == 1
    assert f"process {platform.process.pid}, http://127.0.0.1:" in done.stdout


def test_other_commands_find_services_keys_and_address(platform: Run) -> None:
    show = "from django.conf import settings as s; print(s.PUBLIC_URL, s.SECRET_KEY)"

    migrations = manage(platform.state_dir, "migrate", "--check")
    shown = manage(platform.state_dir, "shell", "--verbosity", "0", "--command", show)

    kept = json.loads((platform.state_dir / "keys.json").read_text())
    address = platform.until("ready in").split()[-1]
    assert migrations.returncode == 0, migrations.stderr
    assert shown.stdout.split() == [address, kept["SECRET_KEY"]]


def test_secrets_are_readable_by_their_owner_alone(platform: Run) -> None:
    for name in ("up.json", "keys.json", "valkey/valkey.conf"):
        assert (platform.state_dir / name).stat().st_mode & 0o777 == 0o600


def test_metrics_are_those_of_all_web_processes(platform: Run) -> None:
    address = platform.until("ready in").split()[-1]

    with urllib.request.urlopen(f"{address}/metrics") as answer:
        assert b"atrium_http_requests_total" in answer.read()
    assert list((platform.state_dir / "metrics").glob("*.db"))


def test_kill_9_leaves_no_orphan_and_the_next_run_stops_cleanly(state_dir: Path, up: Up) -> None:
    first = up(PORT="0")
    first.until("ready in")
    first.send(signal.SIGKILL)
    assert left_over(state_dir) == []

    second = up(PORT="0")
    second.until("ready in")

    assert second.send(signal.SIGTERM) == 0
    assert left_over(state_dir, within_s=0) == []
    assert "database system is shut down" in second.output
    assert not (state_dir / "up.json").exists()
