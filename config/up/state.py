"""The state directory: one lock, the development keys, and the notice of a running stack."""

import base64
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from config.up.errors import CannotStart

LOCK, NOTICE, KEYS = "up.lock", "up.json", "keys.json"
LOCK_PATIENCE_S = 0.5
REMAINS_PATIENCE_S = 30.0


class StateDir:
    """Where a stack keeps its data between two runs; one stack at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    @contextmanager
    def claimed(self) -> Iterator[int]:
        """Hold the directory for this process and for those that inherit the lock's descriptor.

        The kernel gives it back when the last of them is gone: who is started right after a
        kill waits for what the killed one left, and never meets it at work.

        Raises: CannotStart, if another stack holds it or it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o755)
            lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CannotStart(f"{error}; set STATE_DIR to a directory of yours") from error
        try:
            if not self._lock(lock):
                raise CannotStart(self._occupied())
            self.publish({"PID": str(os.getpid())})
            try:
                yield lock
            finally:
                (self.path / NOTICE).unlink(missing_ok=True)
        finally:
            os.close(lock)

    def publish(self, notice: Mapping[str, str]) -> None:
        """Write down what other commands need to find this stack; readable by its user alone."""
        write_private(self.path / NOTICE, json.dumps(dict(notice), indent=2))

    def keys(self) -> dict[str, str]:
        """Return the development keys, made at the first call and kept from then on."""
        file = self.path / KEYS
        if not file.exists():
            write_private(file, json.dumps(_new_keys(), indent=2))
        kept: dict[str, str] = json.loads(file.read_text())
        return kept

    def _lock(self, descriptor: int) -> bool:
        # A command that only looks whether the lock is held takes it for an instant: try again.
        patience = LOCK_PATIENCE_S if self._holder_lives() else REMAINS_PATIENCE_S
        deadline = time.monotonic() + patience
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def _holder_lives(self) -> bool:
        try:
            os.kill(int(_read(self.path / NOTICE)["PID"]), 0)
        except (KeyError, ProcessLookupError):
            return False
        except PermissionError:  # another user's
            return True
        return True

    def _occupied(self) -> str:
        notice = _read(self.path / NOTICE)
        address = notice.get("PUBLIC_URL")
        return (
            f"already running for {self.path}: process {notice.get('PID', 'unknown')}"
            + (f", {address}" if address else "")
            + "; stop it or set another STATE_DIR"
        )


def published(path: Path) -> dict[str, str]:
    """Return the development keys of a state directory and the addresses of its running stack.

    Shape: environment variable -> value, and ``PID`` while a stack is running. Nothing for a
    directory that was never used, or that belongs to another user.
    """
    notice = _read(path / NOTICE)
    return _read(path / KEYS) | (notice if notice and _is_held(path / LOCK) else {})


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)


def _new_keys() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "VALKEY_PASSWORD": secrets.token_urlsafe(32),
    }


def _read(file: Path) -> dict[str, str]:
    try:
        content: dict[str, str] = json.loads(file.read_text())
    except (OSError, ValueError):  # none, another user's, or not ours: there is nothing to find
        return {}
    return content


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_held(lock: Path) -> bool:
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
