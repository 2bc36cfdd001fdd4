"""A private PostgreSQL under the state directory, reached through a Unix socket only.

As root it runs as an unprivileged account, because PostgreSQL refuses root. No directory
of the user changes its mode and no account is made.
"""

import hashlib
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import psycopg

from config.up.account import Account, unprivileged
from config.up.binaries import copy_within_reach, major_version, postgres_folder
from config.up.console import say
from config.up.errors import CannotStart
from config.up.plan import Output, Process
from config.up.supervisor import Supervisor

NAME = "atrium"
LONGEST_SOCKET_FOLDER = 80  # the kernel allows 107 bytes for the whole socket name

# Two cores and a steady stream of readings. A commit that was confirmed is on the disk:
# fsync and synchronous_commit stay on, speed comes from fewer checkpoints and less WAL.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "fsync": "on",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "log",  # errors are told to the client who made them
    "log_checkpoints": "off",
    "log_line_prefix": "",
}


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL cluster: its programs, its home, the account it runs as."""

    programs: Path
    home: Path
    account: Account | None

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    @property
    def socket(self) -> Path:
        """The folder of the socket: in the home, or a short one where that is too long a name."""
        inside = self.home / "socket"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
            return inside
        return Path("/tmp") / f"atrium-{os.geteuid()}-{_digest(self.home)}"  # noqa: S108

    @property
    def url(self) -> str:
        """The address of the database, for DATABASE_URL."""
        return f"postgresql://{NAME}@/{NAME}?host={self.socket}"

    def initdb(self, draft: Path) -> Process:
        """Return the making of a new cluster in a folder."""
        arguments = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums")
        return Process(
            name="initdb",
            command=(str(self.programs / "initdb"), "-U", NAME, *arguments, "-D", str(draft)),
            cwd=Path("/"),
            account=self.account,
            output=Output.ERRORS,
        )

    def server(self) -> Process:
        """Return the server; SIGINT is its fast stop, SIGTERM would wait for every client."""
        settings = [f"--{key}={value}" for key, value in SETTINGS.items()]
        return Process(
            name="postgres",
            command=(
                str(self.programs / "postgres"),
                f"--unix_socket_directories={self.socket}",
                *settings,
                "-D",
                str(self.data),
            ),
            cwd=Path("/"),
            account=self.account,
            ready=self.missing,
            stop_signal=signal.SIGINT,
            grace_s=30,
        )

    async def missing(self) -> str | None:
        """Say what the server still lacks, None when it accepts connections."""
        try:
            await (await self._connect()).close()
        except psycopg.OperationalError as error:
            return str(error)
        return None

    async def make_database(self) -> None:
        """Create the database, unless it exists."""
        async with await self._connect() as connection:
            found = await connection.execute("SELECT FROM pg_database WHERE datname = %s", (NAME,))
            if not found.rowcount:
                await connection.execute(f"CREATE DATABASE {NAME}")

    async def _connect(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        return await psycopg.AsyncConnection.connect(
            host=str(self.socket), user=NAME, dbname="postgres", autocommit=True, connect_timeout=5
        )


async def start_postgres(supervisor: Supervisor, *, state_dir: Path, wished: Path | None) -> str:
    """Start the private PostgreSQL and return the address of its database.

    Raises: CannotStart, if there are no programs, or the data is of another major version.
    """
    folder, account = postgres_folder(wished), unprivileged()
    try:
        cluster, version = _settle(folder, state_dir=state_dir, account=account)
    except OSError as error:
        raise CannotStart(f"no place for PostgreSQL: {error}; set another STATE_DIR") from error
    await _make_cluster(supervisor, cluster, version=version)
    await supervisor.start(cluster.server())
    await cluster.make_database()
    return cluster.url


def _settle(folder: Path, *, state_dir: Path, account: Account | None) -> tuple[Cluster, str]:
    """Make the folders that the account can use; return the cluster and its major version."""
    home = _home(state_dir, account)
    version = major_version(folder, account)
    if version is None:
        folder = copy_within_reach(folder, home)
        version = major_version(folder, account)
    if version is None:
        raise CannotStart(f"{folder}/postgres does not run")
    cluster = Cluster(programs=folder, home=home, account=account)
    _own_folder(cluster.socket, account)
    return cluster, version


def _home(state_dir: Path, account: Account | None) -> Path:
    home = state_dir / "postgres"
    if account and not account.can_enter(state_dir):
        home = Path("/var/lib") / f"atrium-{_digest(state_dir)}"
        say("up", f"the database is kept in {home}: PostgreSQL cannot reach {state_dir}")
    _own_folder(home, account)
    return home


def _own_folder(folder: Path, account: Account | None) -> None:
    """Make a folder that only the account may enter; one of somebody else is refused."""
    folder.mkdir(exist_ok=True, mode=0o700)
    found = folder.lstat()
    owner = account.uid if account else os.geteuid()
    if folder.is_symlink() or found.st_uid not in (owner, os.geteuid()):
        raise CannotStart(f"{folder} belongs to another user; remove it or set another STATE_DIR")
    if account:
        os.chown(folder, account.uid, account.gid)


async def _make_cluster(supervisor: Supervisor, cluster: Cluster, *, version: str) -> None:
    """Run initdb into a draft that takes its name when complete: nothing is left half made."""
    made_by = cluster.data / "PG_VERSION"
    if made_by.exists():
        found = made_by.read_text().strip()
        if found != version:
            raise CannotStart(
                f"{cluster.data} was made by PostgreSQL {found}, the programs are {version}: "
                "dump and restore it (docs/operations.md), or set another STATE_DIR"
            )
        return
    draft = cluster.home / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    if await supervisor.finish(cluster.initdb(draft)):
        raise CannotStart("PostgreSQL's initdb failed, see above")
    draft.rename(cluster.data)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
