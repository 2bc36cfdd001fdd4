"""The state directory: its lock, its keys, and what it tells other commands."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from config.up.errors import CannotStart
from config.up.state import StateDir, published, write_private


def test_second_claim_names_the_holder(state_dir: Path) -> None:
    with StateDir(state_dir).claimed():
        StateDir(state_dir).publish(
            {"PID": str(os.getpid()), "PUBLIC_URL": "http://127.0.0.1:8000"}
        )

        with (
            pytest.raises(CannotStart, match=r"process \d+, http://127\.0\.0\.1:8000; stop it"),
            StateDir(state_dir).claimed(),
        ):
            pass


def test_running_stack_is_published_until_it_stops(state_dir: Path) -> None:
    with StateDir(state_dir).claimed():
        StateDir(state_dir).publish({"DATABASE_URL": "postgresql://here"})
        during = published(state_dir)

    assert during == {"DATABASE_URL": "postgresql://here"}
    assert published(state_dir) == {}


def test_notice_of_a_killed_stack_is_not_believed(state_dir: Path) -> None:
    state_dir.mkdir()
    StateDir(state_dir).publish({"DATABASE_URL": "postgresql://gone"})

    assert published(state_dir) == {}


def test_looking_does_not_hinder_a_claim(state_dir: Path) -> None:
    with StateDir(state_dir).claimed():
        assert published(state_dir)

    with StateDir(state_dir).claimed():
        assert published(state_dir)["PID"] == str(os.getpid())


def test_keys_are_made_once_and_published_without_a_stack(state_dir: Path) -> None:
    with StateDir(state_dir).claimed():
        keys = StateDir(state_dir).keys()

    assert StateDir(state_dir).keys() == keys
    assert published(state_dir) == keys
    assert len(keys["SECRET_KEY"]) >= 50


def test_private_file_replaces_an_open_one(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text("seen by all")
    file.chmod(0o644)

    write_private(file, "{}")

    assert file.read_text() == "{}"
    assert file.stat().st_mode & 0o777 == 0o600


def test_broken_notice_is_no_notice(state_dir: Path) -> None:
    with StateDir(state_dir).claimed():
        (state_dir / "up.json").write_text("{")

        assert published(state_dir) == {}


def test_directory_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match="set STATE_DIR"), StateDir(tmp_path / "file").claimed():
        pass


def test_claim_waits_for_the_heirs_of_a_killed_run(state_dir: Path) -> None:
    with StateDir(state_dir).claimed() as lock:
        heir = subprocess.Popen(["sleep", "1"], pass_fds=(lock,))
        began = time.monotonic()
    StateDir(state_dir).publish({"PID": "999999999"})  # as a killed run leaves it

    with heir, StateDir(state_dir).claimed():
        assert 0.5 < time.monotonic() - began < 20
