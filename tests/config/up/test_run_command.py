"""`manage.py up -- CMD`: the services, a command, and its exit code."""

import json
import signal
import sys
from pathlib import Path

import pytest

from config.up.account import run_as, unprivileged
from tests.config.up.conftest import Up
from tests.config.up.running import left_over, manage

# Starting a stack takes long on a busy machine.
pytestmark = pytest.mark.timeout(300)

SHOW = "import json, os; print(json.dumps(dict(os.environ)))"
CONNECT = "psycopg.connect(os.environ['DATABASE_URL'], autocommit=True)"
EXECUTE = f"import os, psycopg; {CONNECT}.execute"
SELECT = "import os, psycopg; print(psycopg.connect(os.environ['DATABASE_URL']).info.dbname)"
ELSEWHERE = {"DATABASE_URL": "postgresql://elsewhere/x", "REDIS_URL": "redis://elsewhere/1"}
PING = "import os, redis; print(redis.Redis.from_url(os.environ['REDIS_URL']).ping())"


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)])
def test_exit_code_is_the_commands_own(state_dir: Path, script: str, code: int) -> None:
    done = manage(state_dir, "up", "--", "sh", "-c", script, env=ELSEWHERE)

    assert done.returncode == code


def test_command_finds_both_services(state_dir: Path) -> None:
    done = manage(state_dir, "up", "--", sys.executable, "-W", "ignore", "-c", f"{SELECT}; {PING}")

    assert done.stdout.splitlines() == ["atrium", "True"]
    assert left_over(state_dir) == []


def test_data_and_keys_survive_a_restart(state_dir: Path) -> None:
    words = ("up", "--", sys.executable, "-W", "ignore", "-c")

    first = manage(state_dir, *words, f"{EXECUTE}('create table kept ()'); {SHOW}")
    second = manage(state_dir, *words, f"{EXECUTE}('table kept'); {SHOW}")

    before, after = json.loads(first.stdout), json.loads(second.stdout)
    assert len(before["SECRET_KEY"]) > 50
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "STATE_DIR"):
        assert before[name] == after[name]
    assert "PROMETHEUS_MULTIPROC_DIR" not in after


def test_given_services_are_left_alone(state_dir: Path) -> None:
    done = manage(state_dir, "up", "--", sys.executable, "-c", SHOW, env=ELSEWHERE)

    assert ELSEWHERE.items() <= json.loads(done.stdout).items()
    assert not (state_dir / "postgres").exists()
    assert not (state_dir / "valkey").exists()


def test_words_behind_a_second_dash_dash_reach_the_command(state_dir: Path) -> None:
    done = manage(state_dir, "up", "--", "echo", "--", "-v", env=ELSEWHERE)

    assert done.stdout == "-- -v\n"


@pytest.mark.parametrize(("word", "code"), [("no-such-command", 127), ("/etc/passwd", 126)])
def test_command_that_cannot_run_is_named(state_dir: Path, word: str, code: int) -> None:
    done = manage(state_dir, "up", "--", word, env=ELSEWHERE)

    assert done.returncode == code
    assert word in done.stderr


def test_signal_reaches_the_command_which_may_tidy_up(state_dir: Path, up: Up) -> None:
    script = "trap 'echo tidy; exit 5' TERM; echo begun; sleep 60 & wait"
    run = up("--", "sh", "-c", script, **ELSEWHERE)
    run.until("begun")

    assert run.send(signal.SIGTERM) == 5
    assert "tidy" in run.output
    assert left_over(state_dir) == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGHUP])
def test_signal_that_ends_the_command_ends_all(
    state_dir: Path, up: Up, signum: signal.Signals
) -> None:
    run = up("--", "sh", "-c", "echo begun; exec sleep 60", **ELSEWHERE)
    run.until("begun")

    assert run.send(signum) == 128 + signum
    assert left_over(state_dir) == []


def test_run_right_after_a_kill_waits_for_what_is_left(state_dir: Path, up: Up) -> None:
    run = up("--", "sleep", "60")
    run.until("ready to accept connections")
    run.send(signal.SIGKILL)

    done = manage(state_dir, "up", "--", "true")

    assert done.returncode == 0, done.stderr


def test_ordinary_user_needs_no_root(state_dir: Path) -> None:
    account = unprivileged()
    if account is None:
        pytest.skip("needs root, to become somebody else; the other tests here ran without root")
    python = Path(sys.executable)
    if not all(account.can_enter(p.parent) for p in (python, python.resolve(), Path(__file__))):
        pytest.skip("needs a Python and a checkout that every user can reach, e.g. under /srv")
    state_dir.parent.chmod(0o777)

    done = manage(state_dir, "up", "--", "id", "-u", **run_as(account))

    assert done.stdout.split() == [str(account.uid)]
    assert (state_dir / "postgres" / "data").stat().st_uid == account.uid
