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
# What killed processes have written stays with the system; waiting for the disk proves no more.
UNSYNCED = "--fsync=off"


def _fields(folder: Path) -> list[str]:
    """Return what the system says of a process after its name: its state, its parent; or nothing,
    if it is gone.
    """
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def processes_of(parent: int) -> list[int]:
    """Return the processes that a process has started."""
    folders = Path("/proc").glob("[0-9]*")
    return [int(one.name) for one in folders if _fields(one)[1:2] == [str(parent)]]


def is_alive(process: int) -> bool:
    """Say whether a process still runs; one that only waits to be fetched does not."""
    return _fields(Path(f"/proc/{process}"))[:1] not in ([], ["Z"], ["X"])


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
                (*self.cluster.server().command, UNSYNCED),
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
        """Kill all its processes at once and wait until none is left.

        Stopped first, so that it starts no other meanwhile: one that lives on holds its memory,
        and no server starts beside it.
        """
        self.process.send_signal(signal.SIGSTOP)
        children = processes_of(self.process.pid)
        for one in (self.process.pid, *children):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self.process.wait()
        while any(is_alive(child) for child in children):
            time.sleep(0.01)

    def fill(self, like: str) -> None:
        """Make the tables: those of another database, which is quick, or by all migrations.

        A dump of another version of PostgreSQL may be none that this one takes.
        """
        dump = (self._program("pg_dump"), "-O", "-d", like)
        place = ("-h", str(self.cluster.socket), "-U", NAME, "-d", NAME)
        restore = (self._program("psql"), "-q", "-1", "-X", "-v", "ON_ERROR_STOP=1", *place)
        dumped = subprocess.run(dump, capture_output=True, check=False)
        # A database that was never migrated has none.
        if like and dumped.returncode == 0 and b"CREATE TABLE" in dumped.stdout:
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
