"""Iterables in pieces, as ``itertools.batched`` of later Pythons gives them."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lists of at most so many items, in their order, none empty."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
