"""One real stack for all journeys: ``manage.py up`` with services of its own, driven over HTTP."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
# What the surrounding test run was given; the stack of a journey makes its own.
FOREIGN = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS")
FREE_PORT = 0
READY_WITHIN_S = 240
STOP_WITHIN_S = 40


@dataclass
class Stack:
    """A running platform: where it is, and a way to run its commands."""

    url: str
    env: dict[str, str]
    process: subprocess.Popen[bytes]

    def manage(self, *arguments: str) -> str:
        """Run a management command beside the stack and return what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def bootstrap(self, name: str) -> dict[str, Any]:
        """Make an organisation with its owner and its application."""
        email = f"{name.lower().replace(' ', '.')}@example.org"
        text = self.manage("bootstrap", "--organisation", name, "--email", email, "--json")
        made: dict[str, Any] = json.loads(text)
        return made

    def client(self, application: dict[str, str], scope: str = "") -> httpx.Client:
        """Get a token by client credentials and return a client that carries it."""
        form = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
        answer = httpx.post(
            f"{self.url}/oauth/token/",
            data=form,
            auth=(application["client_id"], application["client_secret"]),
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60)


def _notice(state_dir: Path, process: subprocess.Popen[bytes]) -> dict[str, str]:
    """Wait until the stack has written down its address and answers there."""
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the stack ended before it was ready"
        try:
            notice: dict[str, str] = json.loads((state_dir / "up.json").read_text())
            if httpx.get(f"{notice['PUBLIC_URL']}/readyz").is_success:
                return notice
        except (OSError, ValueError, KeyError, httpx.HTTPError):
            time.sleep(0.3)
    raise AssertionError("the stack was not ready in time")


def start_stack(state_dir: Path, **given: str) -> Stack:
    """Start a platform of its own and wait until it is ready; ``given`` joins its environment."""
    env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    env |= {"STATE_DIR": str(state_dir), "PORT": str(FREE_PORT), **given}
    with (state_dir / "up.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=ROOT, env=env, stdout=log, stderr=log
        )
    try:
        return Stack(_notice(state_dir, process)["PUBLIC_URL"], env, process)
    except BaseException:
        stop_stack(process)
        raise


def stop_stack(process: subprocess.Popen[bytes]) -> int:
    """Ask a platform to stop and return its exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(STOP_WITHIN_S)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = start_stack(tmp_path_factory.mktemp("stack"))
    yield stack
    stop_stack(stack.process)


@pytest.fixture(scope="session")
def landlord(stack: Stack) -> dict[str, Any]:
    """Return the landlord's organisation, owner and application."""
    return stack.bootstrap("Tilleuls Gestion")


@pytest.fixture(scope="session")
def operator(stack: Stack, landlord: dict[str, Any]) -> Iterator[httpx.Client]:
    """Return a client that acts as the landlord's organisation, with every scope."""
    with stack.client(landlord["application"]) as client:
        yield client


@pytest.fixture(scope="session")
def stranger(stack: Stack) -> Iterator[httpx.Client]:
    """Return a client of another organisation, with every scope."""
    with stack.client(stack.bootstrap("Elsewhere")["application"]) as client:
        yield client
