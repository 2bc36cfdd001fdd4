"""A PostgreSQL of one's own that may be killed: made, killed with all its processes, started."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection

from config.up.account import run_as, unprivileged
from config.up.binaries import copy_within_reach, major_version, postgres_folder
from config.up.postgres import NAME, Cluster

READY_WITHIN_S = 120


def processes_of(parent: int) -> list[int]:
    """Return the processes that a process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        if int(fields[1]) == parent:
            found.append(int(folder.name))
    return found


class Server:
    """A PostgreSQL cluster in a folder of its own, with the database that Django then uses."""

    def __init__(self) -> None:
        self.account = unprivileged()
        self.home = Path(tempfile.mkdtemp(prefix="atrium-proof-"))
        wished = os.environ.get("POSTGRES_BIN")
        programs = postgres_folder(Path(wished) if wished else None)
        self._hand_over(self.home)
        if major_version(programs, self.account) is None:
            programs = copy_within_reach(programs, self.home)
        self.cluster = Cluster(programs, self.home, self.account)
        self.cluster.socket.mkdir(exist_ok=True)
        self._hand_over(self.cluster.socket)
        self._run(*self.cluster.initdb(self.cluster.data).command, "--no-sync")
        self.start()
        with self.look(dbname="postgres") as look:
            look.execute(f"CREATE DATABASE {NAME}")
        place = {"HOST": str(self.cluster.socket), "PORT": "", "NAME": NAME, "USER": NAME}
        connection.settings_dict.update(place)

    def _hand_over(self, folder: Path) -> None:
        if self.account:
            os.chown(folder, self.account.uid, self.account.gid)

    def _run(self, *command: str) -> None:
        account = run_as(self.account)
        subprocess.run(command, cwd="/", check=True, stdout=subprocess.DEVNULL, **account)

    def look(self, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect beside Django."""
        place = {"host": str(self.cluster.socket), "user": NAME, "dbname": NAME, **options}
        return psycopg.connect(**place, autocommit=True, connect_timeout=5)

    def start(self) -> None:
        """Start the server and wait until it answers, recovered from whatever befell it."""
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.cluster.server().command,
                cwd="/",
                stdout=log,
                stderr=log,
                **run_as(self.account),
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                self.look(dbname="postgres").close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """Kill all its processes at once, as a power cut would."""
        children = processes_of(self.process.pid)
        self.process.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self.process.wait()

    def fill(self, like: str) -> None:
        """Make the tables: those of another database, which is quick, or by all migrations.

        A dump of another version of PostgreSQL may be none that this one takes.
        """
        dump = (self._program("pg_dump"), "-O", "-d", like)
        place = ("-h", str(self.cluster.socket), "-U", NAME, "-d", NAME)
        restore = (self._program("psql"), "-q", "-1", "-X", "-v", "ON_ERROR_STOP=1", *place)
        dumped = subprocess.run(dump, capture_output=True, check=False)
        if like and dumped.returncode == 0:
            done = subprocess.run(restore, input=dumped.stdout, capture_output=True, check=False)
            if done.returncode == 0:
                return
        call_command("migrate", verbosity=0)

    def _program(self, name: str) -> str:
        return str(self.cluster.programs / name)

    def remove(self) -> None:
        """Stop the server and take its folder away."""
        self.kill()
        shutil.rmtree(self.home)
