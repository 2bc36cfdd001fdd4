"""Runs of `manage.py up` as its operator sees them: a real process with a state of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
OWN = (
    "DATABASE_URL",
    "REDIS_URL",
    "PUBLIC_URL",
    "SECRET_KEY",
    "FIELD_ENCRYPTION_KEYS",
    "PROMETHEUS_MULTIPROC_DIR",
    "POSTGRES_BIN",
)
PATIENCE_S = 120


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """Make a folder that every user can enter, unlike pytest's own, and remove it."""
    with TemporaryDirectory(prefix="atrium-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def environment(state_dir: Path, **more: str) -> dict[str, str]:
    """Return our environment without the services that the tests themselves run with."""
    kept = {key: value for key, value in os.environ.items() if key not in OWN}
    return {**kept, "STATE_DIR": str(state_dir), "PYTHONUNBUFFERED": "1", **more}


def processes_of(state_dir: Path) -> list[int]:
    """Return the processes that work in or for the state directory."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _belongs(entry, os.fsencode(state_dir))
    ]


def _belongs(entry: Path, state_dir: bytes) -> bool:
    try:
        traces = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        return state_dir in traces or state_dir in os.fsencode((entry / "cwd").readlink())
    except OSError:  # it has just ended, or it is another user's
        return False


def manage(state_dir: Path, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a `manage.py` command to its end and return what it said."""
    more = options.pop("env", {})
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment(state_dir, **more),
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        **options,
    )


class Run:
    """A `manage.py up` in the background."""

    def __init__(self, state_dir: Path, *words: str, log: Path, **env: str) -> None:
        self.state_dir = state_dir
        self._log = log
        with log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", *words],
                cwd=ROOT,
                env=environment(state_dir, **env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._log.read_text()

    def until(self, text: str) -> str:
        """Wait for a text in the output; return the line that holds it."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)
        return next(line for line in self.output.splitlines() if text in line)

    def send(self, signum: signal.Signals) -> int:
        """Send a signal and return the exit code that follows."""
        self.process.send_signal(signum)
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """End it, however it is."""
        if self.process.poll() is None:
            self.send(signal.SIGTERM)


def left_over(state_dir: Path, *, within_s: float = 10) -> list[int]:
    """Return the processes that are still there when the time is over."""
    deadline = time.monotonic() + within_s
    while (found := processes_of(state_dir)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found
