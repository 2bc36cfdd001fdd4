"""The rows that the supervisor works from: processes, and the plan that lists them."""

import enum
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.up.account import Account

ROOT = Path(__file__).resolve().parents[2]

Check = Callable[[], Awaitable[str | None]]


class Output(enum.Enum):
    """What becomes of the lines that a process prints."""

    LINES = "with the name of the process in front"
    ERRORS = "standard error only, with the name in front"
    TERMINAL = "as they are, to the terminal"


async def at_once() -> str | None:
    """Be ready as soon as the process runs."""
    return None


def manage(*arguments: str) -> tuple[str, ...]:
    """Return the command line of a ``manage.py`` command, run by this interpreter."""
    return (sys.executable, str(ROOT / "manage.py"), *arguments)


@dataclass(frozen=True, kw_only=True)
class Process:
    """A child process: what to run, when it counts as ready, how to stop it.

    ``ready`` answers None when the process is ready, else what it still waits for.
    ``env`` comes on top of the environment of the whole stack.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = ROOT
    account: Account | None = None
    ready: Check = at_once
    ready_within_s: float = 60.0
    poll_s: float = 0.05
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 10.0
    output: Output = Output.LINES


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What runs beside PostgreSQL, Valkey, worker, sync, beat and web.

    ``environment`` is set for every process of the stack. ``extra`` processes start once the
    database is migrated and before the worker. ``afterwards`` are run one by one to their end
    once everything is ready; a failure of one stops the stack.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    extra: tuple[Process, ...] = ()
    afterwards: tuple[Process, ...] = ()
