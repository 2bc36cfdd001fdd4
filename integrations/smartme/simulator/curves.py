"""Rates over time and their exact integrals: what a simulated meter draws and has counted.

A day is 96 quarter hours with one mean rate each, drawn from a seed; within a quarter hour the
rate swings around its mean so that the swings cancel out. The counter is therefore the exact
integral of the rate, and it can be worked out for any time without running through the past.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

DAY_S = 86_400
QUARTER_S = 900
QUARTERS = DAY_S // QUARTER_S
SWING = 0.3
SWING_S = 300  # divides the quarter hour, so whole swings fit and cancel out
FLOOR = 0.01

HOUSEHOLD = (2, 2, 1, 1, 1, 2, 5, 8, 6, 4, 4, 6, 7, 5, 4, 4, 5, 7, 9, 10, 9, 7, 5, 3)
COMMON = (3, 3, 3, 3, 3, 4, 7, 8, 6, 5, 5, 5, 5, 5, 5, 5, 6, 8, 10, 10, 9, 7, 5, 4)
TAPS = (0, 0, 0, 0, 0, 2, 8, 10, 6, 3, 3, 4, 6, 3, 2, 2, 3, 5, 8, 9, 7, 6, 3, 1)
HEATING = (5, 5, 5, 5, 6, 9, 10, 9, 8, 7, 6, 5, 5, 5, 5, 6, 7, 9, 9, 9, 8, 7, 6, 5)
SOLAR = (0, 0, 0, 0, 0, 0, 0, 1, 3, 5, 8, 9, 10, 9, 8, 5, 3, 1, 0, 0, 0, 0, 0, 0)


def _hourly(weights: Sequence[float]) -> Callable[[Random], list[float]]:
    def day(dice: Random) -> list[float]:
        return [weights[q // 4] / 10 * (0.4 + 1.2 * dice.random()) for q in range(QUARTERS)]

    return day


def _charging(dice: Random) -> list[float]:
    """One session on most evenings, at full power, and standby otherwise."""
    start, length = dice.randrange(64, 84), dice.randrange(4, 12)
    comes = dice.random() < 0.8
    return [1.0 if comes and start <= q < start + length else 0.0 for q in range(QUARTERS)]


def _steady(dice: Random) -> list[float]:
    return [0.9 + 0.2 * dice.random() for _ in range(QUARTERS)]


SHAPES: Mapping[str, Callable[[Random], list[float]]] = {
    "household": _hourly(HOUSEHOLD),
    "common": _hourly(COMMON),
    "taps": _hourly(TAPS),
    "heating": _hourly(HEATING),
    "solar": _hourly(SOLAR),
    "charging": _charging,
    "steady": _steady,
}


@dataclass(frozen=True)
class Counters:
    """What has gone in and out since the start, in rate units times hours."""

    taken: float
    given: float


class Curve:
    """The rate of one meter: a load, minus what the roof gives.

    Args: ``load`` and ``yield_`` are (shape, peak) pairs; ``start`` is the second at which
    the counters were zero. The rate is negative while more is given than taken.
    """

    def __init__(
        self,
        seed: str,
        *,
        start: float,
        load: tuple[str, float],
        yield_: tuple[str, float] | None = None,
    ) -> None:
        self.start = start
        self._seed = seed
        self._first_day = int(start // DAY_S)
        self._load = load
        self._yield = yield_
        self._lock = threading.Lock()
        self._days: dict[int, list[float]] = {}
        self._before = [Counters(0.0, 0.0)]

    def rate(self, time: float) -> float:
        """Return the rate at that second."""
        day, quarter, into = _split(time)
        swing = 1 + SWING * math.sin(2 * math.pi * into / SWING_S)
        return self._rates(day)[quarter] * swing

    def counters(self, time: float) -> Counters:
        """Return both counters at that second."""
        day, quarter, into = _split(time)
        if day < self._first_day:
            return Counters(0.0, 0.0)
        rates = self._rates(day)
        before = self._before_day(day)
        turn = SWING_S / (2 * math.pi)
        swung = into + SWING * turn * (1 - math.cos(into / turn))
        parts = [rate * QUARTER_S for rate in rates[:quarter]] + [rates[quarter] * swung]
        return Counters(before.taken + _taken(parts), before.given + _given(parts))

    def _rates(self, day: int) -> list[float]:
        with self._lock:
            rates = self._days.get(day)
            if rates is None:
                rates = self._days[day] = self._drawn(day)
        return rates

    def _drawn(self, day: int) -> list[float]:
        dice = Random(f"{self._seed}:{day}")
        shape, peak = self._load
        loads = [peak * max(weight, FLOOR) for weight in SHAPES[shape](dice)]
        if self._yield is None:
            return loads
        shape, peak = self._yield
        cloudy = 0.3 + 0.7 * dice.random()
        yields = [peak * cloudy * weight for weight in SHAPES[shape](dice)]
        return [load - gain for load, gain in zip(loads, yields, strict=True)]

    def _before_day(self, day: int) -> Counters:
        """Return the counters at the start of the day, summing up days not yet summed."""
        wanted = day - self._first_day
        while len(self._before) <= wanted:
            parts = [r * QUARTER_S for r in self._rates(self._first_day + len(self._before) - 1)]
            last = self._before[-1]
            self._before.append(Counters(last.taken + _taken(parts), last.given + _given(parts)))
        return self._before[wanted]


def _split(time: float) -> tuple[int, int, float]:
    """Return day, quarter hour of the day and seconds into that quarter hour."""
    day, second = divmod(time, DAY_S)
    quarter = min(int(second // QUARTER_S), QUARTERS - 1)
    return int(day), quarter, second - quarter * QUARTER_S


def _taken(parts: Sequence[float]) -> float:
    return math.fsum(part for part in parts if part > 0) / 3600


def _given(parts: Sequence[float]) -> float:
    return -math.fsum(part for part in parts if part < 0) / 3600
