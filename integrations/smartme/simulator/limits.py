"""How many calls a minute an account of the simulated cloud may make."""

from __future__ import annotations

import math
import threading
import time

from .world import Account

WINDOW_S = 60.0


class Limiter:
    """Counts calls in windows of a minute, for the accounts that have a limit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def wait_s(self, account: Account) -> int | None:
        """Count a call; return the seconds to wait when it is one too many."""
        if account.calls_per_minute is None:
            return None
        now = time.monotonic()
        with self._lock:
            began, count = self._windows.get(account.name, (now, 0))
            if now - began >= WINDOW_S:
                began, count = now, 0
            if count >= account.calls_per_minute:
                return math.ceil(began + WINDOW_S - now)
            self._windows[account.name] = (began, count + 1)
        return None
