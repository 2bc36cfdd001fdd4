"""Stretches of time: from their start until before their end, in order, none touching. Pure."""

from collections.abc import Iterable
from datetime import datetime

Stretch = tuple[datetime, datetime]


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return the time that any of the stretches covers; empty ones are left out."""
    found: list[Stretch] = []
    for since, until in sorted(stretches):
        if since >= until:
            continue
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
            continue
        found.append((since, until))
    return found


def within(stretches: Iterable[Stretch], bounds: Iterable[Stretch]) -> list[Stretch]:
    """Return the time that both cover."""
    limits = list(bounds)
    return merged(
        (max(since, first), min(until, last))
        for since, until in stretches
        for first, last in limits
    )


def without(stretches: Iterable[Stretch], holes: Iterable[Stretch]) -> list[Stretch]:
    """Return the time of the stretches that no hole covers; the holes are in order."""
    found: list[Stretch] = []
    gaps = list(holes)
    for since, until in stretches:
        start = since
        for first, last in gaps:
            if first >= until:
                break
            if last > start:
                if first > start:
                    found.append((start, first))
                start = max(start, last)
        if start < until:
            found.append((start, until))
    return found
