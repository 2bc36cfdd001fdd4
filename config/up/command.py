"""Running the operator's own command with the services up: ``manage.py up -- CMD``."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence

from config.up.child import die_with_parent
from config.up.console import say
from config.up.supervisor import Supervisor

GRACE_S = 30.0
NOT_FOUND, NOT_EXECUTABLE = 127, 126


async def run_command(supervisor: Supervisor, command: Sequence[str]) -> int:
    """Run the command to its end and return its exit code, 128 + n if signal n ended it.

    On a terminal it stays in our process group: it may read from it, and Ctrl-C is its own
    affair, as in a shell. Otherwise it gets every signal that we get.

    As in a shell, 127 is a command that does not exist and 126 one that cannot be run.
    """
    on_terminal = sys.stdin is not None and sys.stdin.isatty()
    if on_terminal:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)
    try:
        handle = await asyncio.create_subprocess_exec(
            *command,
            env=supervisor.env,
            process_group=None if on_terminal else 0,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    except OSError as error:
        say("up", f"{command[0]}: {error.strerror}")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
    end = asyncio.create_task(handle.wait())
    await supervisor.either(end)
    if not end.done():
        _tell(handle, supervisor.signal or signal.SIGTERM, group=not on_terminal)
        await asyncio.wait({end}, timeout=GRACE_S)
    if not end.done():
        _tell(handle, signal.SIGKILL, group=not on_terminal)
    code = await end
    return 128 - code if code < 0 else code


def _tell(handle: asyncio.subprocess.Process, signum: signal.Signals, *, group: bool) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
        if group:
            os.killpg(handle.pid, signum)
        else:
            handle.send_signal(signum)
