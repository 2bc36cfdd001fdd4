"""Find, for each space of a new layout, the space it was before, by stable keys."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator

from twin.definitions.layout import PlannedSpace

Candidates = Callable[[PlannedSpace, str | None], Iterator[str]]


def match_keys(spaces: Iterable[PlannedSpace], known: Collection[str]) -> dict[str, str]:
    """Return, for each new key, the key that the same space had before.

    A space is the one of the same key below the same parent; where there is none, that of a former
    key of its own. What kept its key is found first, and nothing is given away twice.

    Args: spaces with parents before children; the keys that were there before.
    """
    children: dict[str | None, list[PlannedSpace]] = {}
    for space in spaces:
        children.setdefault(space.parent, []).append(space)
    origins: dict[str, str] = {}
    taken: set[str] = set()
    queue: deque[str | None] = deque([None])
    while queue:
        parent = queue.popleft()
        above = origins.get(parent) if parent else ""
        inside = children.get(parent, [])
        for candidates in (_same, _former):
            for space in inside:
                if space.key not in origins:
                    _claim(
                        space, candidates(space, above), known=known, origins=origins, taken=taken
                    )
        queue.extend(space.key for space in inside if space.key in children)
    return origins


def _claim(
    space: PlannedSpace,
    candidates: Iterator[str],
    *,
    known: Collection[str],
    origins: dict[str, str],
    taken: set[str],
) -> None:
    """Give the space the first of the keys that was there and that nobody has."""
    for key in candidates:
        if key in known and key not in taken:
            origins[space.key] = key
            taken.add(key)
            return


def _below(above: str, part: str) -> str:
    return f"{above}/{part}" if above else part


def _same(space: PlannedSpace, above: str | None) -> Iterator[str]:
    if above is not None:
        yield _below(above, space.key.rpartition("/")[2])


def _former(space: PlannedSpace, above: str | None) -> Iterator[str]:
    for former in space.former:
        if "/" in former:
            yield former
        elif above is not None:
            yield _below(above, former)
