"""The whole of ``manage.py up``: services, then either a command or the platform.

Another command can run the platform with something more, e.g. a demonstration::

    plan = Plan(
        environment={"SMARTME_API_URL": url},
        extra=(Process(name="smart-me", command=manage("smartme_simulator"), ready=http_ok(url)),),
        afterwards=(Process(name="demo", command=manage("…"), output=Output.TERMINAL),),
    )
    raise SystemExit(run(plan=plan))

``extra`` processes are up before the worker starts, ``afterwards`` steps run once ``/readyz``
answers 200; everything then stays up until SIGINT, SIGTERM or SIGHUP. ``Process`` says how each
is started, when it is ready and how it is stopped; its output gets its name in front unless it
asks for the terminal.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout

from django.conf import settings

from config.up import ports, processes
from config.up.command import run_command
from config.up.console import say
from config.up.errors import CannotStart, StopAsked
from config.up.plan import Plan, Process
from config.up.postgres import start_postgres
from config.up.state import StateDir
from config.up.supervisor import Supervisor
from config.up.valkey import start_valkey
from config.up.wishes import KEYS, PROVIDED, Wishes


def run(*, plan: Plan | None = None, command: Sequence[str] = ()) -> int:
    """Run the platform until it is told to stop, or the services for one command.

    Returns: the exit code: the command's own, 0 after a stop that was asked for, else 1.
    """
    wishes: Wishes = settings.UP
    # What a command prints is its own: our lines then go to standard error.
    with redirect_stdout(sys.stderr if command else sys.stdout):
        try:
            with StateDir(wishes.state_dir).claimed() as lock:
                return asyncio.run(_Stack(wishes, plan or Plan(), lock=lock).run(command))
        except CannotStart as error:
            say("up", str(error))
            return 1


class _Stack:
    """One run, from the first process to the last."""

    def __init__(self, wishes: Wishes, plan: Plan, *, lock: int) -> None:
        self.wishes = wishes
        self.plan = plan
        self.state = StateDir(wishes.state_dir)
        self.supervisor = Supervisor(inherited=(lock,))
        self.began = time.monotonic()

    async def run(self, command: Sequence[str]) -> int:
        """Start, stay, stop."""
        self.supervisor.listen()
        try:
            await self._services()
            if command:
                return await run_command(self.supervisor, command)
            await self._platform()
            await self.supervisor.stopping.wait()
        except StopAsked:
            pass  # the supervisor knows who asked, and the exit code follows from it
        except CannotStart as error:
            say("up", str(error))
            return 1
        finally:
            await self.supervisor.stop()
        return 1 if self.supervisor.failed else 0

    async def _services(self) -> None:
        wishes, env = self.wishes, self.supervisor.env
        kept = self.state.keys()
        env["STATE_DIR"] = str(self.state.path)
        env.update({key: kept[key] for key in KEYS if wishes.is_dev and wishes.wants(key)})
        env.update(self.plan.environment)
        if wishes.wants("DATABASE_URL"):
            env["DATABASE_URL"] = await start_postgres(
                self.supervisor, state_dir=self.state.path, wished=wishes.postgres_folder
            )
        if wishes.wants("REDIS_URL"):
            env["REDIS_URL"] = await start_valkey(
                self.supervisor, state_dir=self.state.path, password=kept["VALKEY_PASSWORD"]
            )
        self._publish()

    async def _platform(self) -> None:
        port = ports.pick(self.wishes.port)
        if port != self.wishes.port:
            say("up", f"port {self.wishes.port} is taken, using {port}")
        address, env = f"http://{ports.HOST}:{port}", self.supervisor.env
        if self.wishes.wants("PUBLIC_URL"):
            env["PUBLIC_URL"] = address
        env["PROMETHEUS_MULTIPROC_DIR"] = str(processes.make_folders(self.state.path))
        self._publish()
        await self._step(processes.prepare())
        beat = processes.beat(self.state.path)
        workers = (processes.worker(), processes.syncer())
        for process in (*self.plan.extra, *workers, beat, processes.web(port)):
            await self.supervisor.start(process)
        say("up", f"ready in {time.monotonic() - self.began:.1f} s: {env['PUBLIC_URL']}")
        for process in self.plan.afterwards:
            await self._step(process)

    async def _step(self, process: Process) -> None:
        code = await self.supervisor.finish(process)
        if code:
            raise CannotStart(f"{process.name} failed with exit code {code}, see above")

    def _publish(self) -> None:
        env = self.supervisor.env
        notice = {name: env[name] for name in PROVIDED if name in env}
        self.state.publish({"PID": str(os.getpid()), **notice})
