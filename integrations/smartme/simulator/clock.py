"""The time of the simulated cloud: real time, or faster, from a chosen start."""

from __future__ import annotations

import threading
import time


class SimulatedClock:
    """Seconds since 1970, running at a factor of real time."""

    def __init__(self, *, start: float | None = None, speed: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._real = time.time()
        self._simulated = self._real if start is None else start
        self._speed = speed

    def now(self) -> float:
        """Return the simulated time in seconds since 1970."""
        with self._lock:
            return self._now()

    @property
    def speed(self) -> float:
        """How many simulated seconds pass in a real one."""
        return self._speed

    def change(self, *, speed: float | None = None, advance_s: float = 0.0) -> None:
        """Run at another speed from now on, or jump ahead; time never runs backwards."""
        with self._lock:
            self._simulated = self._now() + max(advance_s, 0.0)
            self._real = time.time()
            self._speed = self._speed if speed is None else max(speed, 0.0)

    def _now(self) -> float:
        return self._simulated + (time.time() - self._real) * self._speed
