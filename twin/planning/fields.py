"""Three-way merge of the fields of one thing: as the template was, as it is now, as it stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that was changed here and in the template, to different values."""

    field: str
    base: Any
    ours: Any
    theirs: Any


def merged(*, base: Any, ours: Any, theirs: Any) -> tuple[Any, bool]:
    """Return the value that holds, and whether both sides changed it to different values.

    ``MISSING`` is a value like any other: that there is none.
    """
    if same(theirs, base) or same(ours, theirs):
        return ours, False
    if same(ours, base):
        return theirs, False
    return ours, True


def same(one: Any, other: Any) -> bool:
    """Say whether two JSON values are the same; true is not 1."""
    if one is MISSING or other is MISSING:
        return one is other
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return bool(one == other)


def merge_properties(
    *, base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Clash | None]]:
    """Yield each property's name, the value that holds (MISSING for none), and a clash if any."""
    for name in dict.fromkeys([*ours, *theirs, *base]):
        values = (one.get(name, MISSING) for one in (base, ours, theirs))
        was, stands, shall = values
        value, is_clash = merged(base=was, ours=stands, theirs=shall)
        clash = Clash(f"properties.{name}", was, stands, shall) if is_clash else None
        yield name, value, clash


def shown(value: Any) -> Any:
    """Return a value for a plan: what is missing is null."""
    return None if value is MISSING else value
