"""The unprivileged account that PostgreSQL runs as when the stack is started by root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from config.up.errors import CannotStart

NAME = "nobody"


class RunAs(TypedDict, total=False):
    """The arguments of a subprocess that change its user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user and its group, by number."""

    uid: int
    gid: int

    def can_enter(self, folder: Path) -> bool:
        """Say whether this account can reach the folder; the kernel knows, mode bits do not."""
        test = shutil.which("test") or "/usr/bin/test"
        try:
            done = subprocess.run([test, "-x", str(folder)], cwd="/", **run_as(self), check=False)
        except PermissionError as error:
            raise CannotStart(
                f"PostgreSQL refuses to run as root, and root may not become {NAME} here: "
                "run as an ordinary user or set DATABASE_URL"
            ) from error
        return done.returncode == 0


def run_as(account: Account | None) -> RunAs:
    """Return the subprocess arguments for an account; none keeps the present user."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def unprivileged() -> Account | None:
    """Return the account to drop to, or None when this is not root.

    Raises: CannotStart, if root has no account to drop to.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError as error:
        raise CannotStart(
            f"PostgreSQL refuses to run as root and there is no user {NAME!r}: "
            "run as an ordinary user or set DATABASE_URL"
        ) from error
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)
