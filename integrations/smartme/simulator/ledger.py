"""What the simulated cloud was asked, and every value it ever said: the truth for tests."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from typing import Any

MAX_CALLS = 2_000
MAX_REPORTS = 200_000
NOBODY = "(unknown)"


class Ledger:
    """Calls per account, and one line per meter and report that went out whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Start anew."""
        with self._lock:
            self._counts: dict[str, Counter[str]] = {}
            self._calls: deque[dict[str, Any]] = deque(maxlen=MAX_CALLS)
            self._reports: dict[tuple[str, str, str], dict[str, Any]] = {}

    def note_call(self, *, account: str | None, method: str, path: str, status: int) -> None:
        """Count one call; ``status`` 0 stands for an answer that was cut or never came."""
        name = account or NOBODY
        with self._lock:
            self._counts.setdefault(name, Counter())[f"{method} {path}"] += 1
            self._calls.append(
                {
                    "account": name,
                    "method": method,
                    "path": path,
                    "status": status,
                    "at": time.time(),
                }
            )

    def note_reports(self, account: str, devices: list[dict[str, Any]]) -> None:
        """Remember what was said about these meters; the same report counts once."""
        with self._lock:
            for device in devices:
                key = (account, str(device.get("Id")), str(device.get("ValueDate")))
                if len(self._reports) < MAX_REPORTS:
                    self._reports[key] = device

    def calls(self, account: str | None = None) -> dict[str, Any]:
        """Return the counts and the latest calls."""
        with self._lock:
            accounts = {
                name: {"count": counts.total(), "by_path": dict(counts)}
                for name, counts in self._counts.items()
                if account in (None, name)
            }
            latest = [call for call in self._calls if account in (None, call["account"])]
        return {"accounts": accounts, "calls": latest}

    def reports(self, account: str | None = None) -> list[dict[str, Any]]:
        """Return every report that went out, as the Device object it was sent in."""
        with self._lock:
            return [
                {"account": key[0], "device": device}
                for key, device in self._reports.items()
                if account in (None, key[0])
            ]
