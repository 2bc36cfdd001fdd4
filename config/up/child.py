"""One child process: spawned so that it dies with its parent, its output passed on line by line."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence

from config.up.account import run_as
from config.up.console import say
from config.up.plan import Output, Process

PR_SET_PDEATHSIG = 1
LONGEST_LINE = 1 << 20
LAST_LINES_S = 1.0
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """Return what a child does between fork and exec so that it never outlives this process.

    It runs after the change of user, which would clear the setting. Only Linux has it.
    """
    parent = os.getpid()

    def arrange() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(signum))
        if os.getppid() != parent:  # the parent died before the setting was made
            os._exit(1)

    return arrange


async def next_line(stream: asyncio.StreamReader) -> bytes:
    """Return the next line, or nothing at the end of the stream."""
    try:
        return await stream.readline()
    except ValueError:  # asyncio gives up on a line beyond the limit; the rest is still wanted
        return b"(a line of more than 1 MiB was left out)\n"


def _streams(output: Output, sink: int) -> tuple[int | None, int | None]:
    if output is Output.TERMINAL:
        return None, None
    return (asyncio.subprocess.DEVNULL if output is Output.ERRORS else sink), sink


class Child:
    """A started process."""

    def __init__(self, process: Process, handle: asyncio.subprocess.Process) -> None:
        self.process = process
        self.handle = handle
        self._relay: asyncio.Task[None] | None = None

    @classmethod
    async def spawn(
        cls, process: Process, *, env: Mapping[str, str], inherited: Sequence[int] = ()
    ) -> "Child":
        """Start the process in a session of its own: the terminal's Ctrl-C is for us alone.

        The pipe is ours and not asyncio's, which would see the end of a process only when all
        that it started have closed the pipe as well.
        """
        source, sink = os.pipe()
        stdout, stderr = _streams(process.output, sink)
        try:
            handle = await asyncio.create_subprocess_exec(
                *process.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                cwd=process.cwd,
                env={**env, "PYTHONUNBUFFERED": "1", **process.env},
                start_new_session=True,
                preexec_fn=die_with_parent(process.stop_signal),
                pass_fds=inherited,
                **run_as(process.account),
            )
        except OSError:
            os.close(source)
            raise
        finally:
            os.close(sink)
        child = cls(process, handle)
        child._relay = asyncio.create_task(child._pass_on(source))
        return child

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended yet."""
        return self.handle.returncode is None

    async def ended(self) -> int:
        """Wait for the end of the process and of its output; return its exit code."""
        code = await self.handle.wait()
        if self._relay:
            await asyncio.wait({self._relay}, timeout=LAST_LINES_S)
        return code

    async def stop(self, hurry: asyncio.Event) -> None:
        """Ask it to stop; kill it when its grace is over or the operator is in a hurry."""
        if self.is_running:
            self.handle.send_signal(self.process.stop_signal)
            await self._grace(hurry)
        self._sweep()
        await self.ended()

    async def _grace(self, hurry: asyncio.Event) -> None:
        end, rush = asyncio.create_task(self.handle.wait()), asyncio.create_task(hurry.wait())
        await asyncio.wait(
            {end, rush}, timeout=self.process.grace_s, return_when=asyncio.FIRST_COMPLETED
        )
        rush.cancel()
        if self.is_running:
            say("up", f"{self.process.name} did not stop in time and is killed")

    def _sweep(self) -> None:
        """Kill what is left of the process group, be it the leader or what it left behind."""
        with contextlib.suppress(ProcessLookupError):  # nobody is left, as it should be
            os.killpg(self.handle.pid, signal.SIGKILL)

    async def _pass_on(self, source: int) -> None:
        reader = asyncio.StreamReader(limit=LONGEST_LINE)
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(source, "rb")
        )
        try:
            while line := await next_line(reader):
                say(self.process.name, line.decode(errors="replace").rstrip("\r\n"))
        finally:
            pipe.close()
