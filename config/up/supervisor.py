"""Starts children in order, watches them, and stops them in reverse."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence

from config.up.child import Child
from config.up.console import say
from config.up.errors import CannotStart, StopAsked
from config.up.plan import Process

ONE_WISH_S = 1.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """The children of one run, and whether it shall go on.

    ``env`` is the environment of every child started from now on; the stack adds the
    addresses of its services as they come up. ``inherited`` descriptors stay open in every
    child. ``failed`` says that it was not the operator who ended the run.
    """

    def __init__(self, *, inherited: Sequence[int] = ()) -> None:
        self.inherited = inherited
        self.env: dict[str, str] = dict(os.environ)
        self.stopping = asyncio.Event()
        self.hurry = asyncio.Event()
        self.signal: signal.Signals | None = None
        self.failed = False
        self._asked_at = 0.0
        self._children: list[Child] = []
        self._watchers: set[asyncio.Task[None]] = set()

    def listen(self) -> None:
        """Take over the signals that ask for a stop.

        SIGINT is ignored in the background jobs of a shell, so the default is not relied on;
        an ignored SIGHUP is the wish of ``nohup`` and stays.
        """
        loop = asyncio.get_running_loop()
        for signum in SIGNALS:
            if signum == signal.SIGHUP and signal.getsignal(signum) is signal.SIG_IGN:
                continue
            loop.add_signal_handler(signum, self.ask_to_stop, signum)

    def ask_to_stop(self, signum: signal.Signals) -> None:
        """Stop everything; asked once more, stop waiting for those who are slow.

        One wish may arrive twice: from the terminal and from ``make``, say.
        """
        now = time.monotonic()
        if not self._asked_at:
            say("up", f"{signum.name} received, stopping")
            self._asked_at = now
        elif now - self._asked_at > ONE_WISH_S:
            self.hurry.set()
        self.signal = self.signal or signum
        self.stopping.set()

    async def start(self, process: Process) -> None:
        """Start a process and wait until it is ready.

        Raises: CannotStart, if it is not ready in time; StopAsked, if the run ends meanwhile.
        """
        child = await self._spawn(process)
        watcher = asyncio.create_task(self._watch(child))
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)
        await self._until_ready(process)

    async def finish(self, process: Process) -> int:
        """Run a process to its end and return its exit code.

        Raises: StopAsked, if the run ends first; the process is stopped with the others.
        """
        child = await self._spawn(process)
        end = asyncio.create_task(child.ended())
        await self.either(end)
        if self.stopping.is_set():
            raise StopAsked
        self._children.remove(child)
        return end.result()

    async def either(self, task: "asyncio.Task[int]") -> None:
        """Wait for the task or for the end of the run, whichever comes first."""
        stop = asyncio.create_task(self.stopping.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()

    async def stop(self) -> None:
        """Stop every child, the last one first, each with its own signal and grace."""
        self.stopping.set()
        began = time.monotonic()
        for child in reversed(self._children):
            await child.stop(self.hurry)
        if self._children:
            say("up", f"stopped in {time.monotonic() - began:.1f} s")

    async def _spawn(self, process: Process) -> Child:
        if self.stopping.is_set():
            raise StopAsked
        try:
            child = await Child.spawn(process, env=self.env, inherited=self.inherited)
        except OSError as error:
            raise CannotStart(f"{process.name}: {error}") from error
        self._children.append(child)
        return child

    async def _watch(self, child: Child) -> None:
        code = await child.handle.wait()
        if not self.stopping.is_set():
            await child.ended()
            say("up", f"{child.process.name} ended with exit code {code}, stopping")
            self.failed = True
            self.stopping.set()

    async def _until_ready(self, process: Process) -> None:
        deadline = time.monotonic() + process.ready_within_s
        while missing := await process.ready():
            if self.stopping.is_set():
                raise StopAsked
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"{process.name} was not ready within {process.ready_within_s:.0f} s: {missing}"
                )
            await asyncio.sleep(process.poll_s)
        if self.stopping.is_set():
            raise StopAsked
