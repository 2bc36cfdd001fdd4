"""What the simulated cloud was asked, and every value it ever said: the truth for tests."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .realtime import Said

MAX_CALLS = 2_000
MAX_REPORTS = 200_000
NOBODY = "(unknown)"


@dataclass
class Posted:
    """A report that was posted: its values, how often it went out, how often it was taken."""

    values: Mapping[str, float]
    sent: int = 0
    taken: int = 0


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
            self._posts: dict[tuple[str, str, int], Posted] = {}

    def note_call(self, account: str | None, *, method: str, path: str) -> dict[str, Any]:
        """Count one call and return its entry, for its status to be written down.

        The status 0 stands for an answer that is not out yet, was cut or never came.
        """
        name = account or NOBODY
        call = {"account": name, "method": method, "path": path, "status": 0, "at": time.time()}
        with self._lock:
            self._counts.setdefault(name, Counter())[f"{method} {path}"] += 1
            self._calls.append(call)
        return call

    def note_reports(self, account: str, devices: list[dict[str, Any]]) -> None:
        """Remember what was said about these meters; the same report counts once."""
        with self._lock:
            for device in devices:
                named = {name.lower(): value for name, value in device.items()}
                key = (account, str(named.get("id")), str(named.get("valuedate")))
                if len(self._reports) < MAX_REPORTS:
                    self._reports[key] = device

    def note_said(self, said: Said) -> None:
        """Remember that a report is about to be posted."""
        with self._lock:
            key = (said.account, said.meter, said.ticks)
            self._posts.setdefault(key, Posted(said.values)).sent += 1

    def note_answer(self, said: Said, *, is_taken: bool) -> None:
        """Remember whether the other side said that it has it."""
        with self._lock:
            posted = self._posts.get((said.account, said.meter, said.ticks))
            # None: everything was forgotten while the post was on its way.
            if posted is not None:
                posted.taken += is_taken

    def posts(self, account: str | None = None) -> list[dict[str, Any]]:
        """Return every report that was posted, with its time in ticks since 1970."""
        with self._lock:
            return [
                {"account": name, "meter": meter, "ticks": ticks, **asdict(posted)}
                for (name, meter, ticks), posted in self._posts.items()
                if account in (None, name)
            ]

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
