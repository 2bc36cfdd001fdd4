"""Expand a parametric layout into the spaces of one building.

Keys are stable: the same definition gives the same space the same key whatever else is built
beside it (``building/staircase-1/floor-2/flat-3``), which is what an upgrade holds on to.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twin.definitions.findings import Finding, UnfitParameters, pointer
from twin.definitions.format import Cardinality, Count, Definition, LayoutSpace
from twin.definitions.parameters import Values
from twin.definitions.patterns import MAX_LENGTH

MAX_SPACES = 50_000
# Rows that turn out empty cost time too, so steps are bounded as well as spaces.
MAX_STEPS = 10 * MAX_SPACES


@dataclass(frozen=True, slots=True)
class PlannedSpace:
    """A space to be: its stable key, its parent's key, and what it starts out with.

    ``former`` are keys it had in earlier versions of the template: the last part alone, or from the
    root down. ``space`` is the id of the space that an explicit building takes over, if it does.
    """

    key: str
    parent: str | None
    kind: str
    name: str
    position: int
    properties: Mapping[str, Any]
    former: tuple[str, ...] = ()
    space: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds at one place of the layout: variables by name, and rows by (position, length)."""

    parameters: Values
    variables: Mapping[str, int | float | str]
    rows: Mapping[str, tuple[int, int]]

    def enter(self, space: LayoutSpace, *, position: int, length: int) -> "Scope":
        """Return the scope of one space of the row."""
        return Scope(
            self.parameters,
            {**self.variables, space.index: space.start + position},
            {**self.rows, space.index: (position, length)},
        )


@dataclass(frozen=True, slots=True)
class CardinalityFault:
    """A space that holds too many or too few of a kind."""

    parent: str
    parent_kind: str
    kind: str
    count: int
    allowed: Cardinality

    def __str__(self) -> str:
        return f"{self.parent} holds {self.count} × {self.kind}, allowed: {self.allowed}"


def expand_layout(definition: Definition, *, parameters: Values, site: str) -> list[PlannedSpace]:
    """Return every space of the building, parents before children, siblings in order.

    Args: parameters as `resolve_parameters` returns them; the site's name, for patterns.
    Raises: UnfitParameters, if they give too many spaces (before any is built), no whole number
    where one is needed, a list of the wrong length, a name that is too long, or a key twice.
    """
    scope = _first_scope(parameters, site)
    _refuse_too_many(definition, scope)
    spaces = list(_build(definition.layout, scope, parent=None))
    repeated = [key for key, times in Counter(space.key for space in spaces).items() if times > 1]
    if repeated:
        detail = f"These parameters give the key {repeated[0]!r} to several spaces."
        raise UnfitParameters([Finding("#/parameters", "duplicate-key", detail)])
    return spaces


def cardinality_faults(
    definition: Definition, spaces: Iterable[PlannedSpace]
) -> Iterator[CardinalityFault]:
    """Yield each space that holds too many or too few of a kind that it may contain."""
    spaces = list(spaces)
    held = Counter((space.parent, space.kind) for space in spaces)
    for space in spaces:
        for kind, allowed in definition.kinds[space.kind].contains.items():
            count = held[space.key, kind]
            if not allowed.allows(count):
                yield CardinalityFault(space.key, space.kind, kind, count, allowed)


def _first_scope(parameters: Values, site: str) -> Scope:
    scalars = {
        f"parameters.{key}": value
        for key, value in parameters.items()
        if isinstance(value, int | float | str)
    }
    return Scope(parameters, {"site": site, **scalars}, {})


def _refuse_too_many(definition: Definition, scope: Scope) -> None:
    """Count without building, and stop counting as soon as it is too many."""
    spaces = 0
    for steps, is_space in enumerate(_count(definition.layout, scope)):
        spaces += is_space
        if spaces > MAX_SPACES or steps > MAX_STEPS:
            detail = f"These parameters give more than {MAX_SPACES:,} spaces: use smaller ones."
            raise UnfitParameters([Finding("#/parameters", "too-many-spaces", detail)])


def _count(layout: Iterable[LayoutSpace], scope: Scope) -> Iterator[bool]:
    """Yield False for each row looked at, and True for each space in it."""
    for space in layout:
        yield False
        for inner in _row(space, scope):
            yield True
            yield from _count(space.children, inner)


def _build(
    layout: Iterable[LayoutSpace], scope: Scope, *, parent: str | None
) -> Iterator[PlannedSpace]:
    """Yield the spaces of the layout below the parent, each before its children."""
    position = 0
    for space in layout:
        for nth, inner in enumerate(_row(space, scope)):
            planned = _plan(space, inner, parent=parent, position=position, nth=nth)
            position += 1
            yield planned
            yield from _build(space.children, inner, parent=planned.key)


def _row(space: LayoutSpace, scope: Scope) -> Iterator[Scope]:
    """Yield the scope of each space of a row, or of the one space that is no row."""
    if space.count is None:
        yield scope
        return
    length = count_of(space.count, scope)
    for position in range(length):
        yield scope.enter(space, position=position, length=length)


def count_of(count: Count, scope: Scope) -> int:
    """Return how often a space is repeated here.

    Raises: UnfitParameters, if the parameter's value is no number of spaces.
    """
    if count.number is not None:
        return count.number
    key = str(count.parameter)
    value = scope.parameters.get(key)
    at: tuple[str | int, ...] = ("parameters", key)
    if isinstance(value, list) and count.per:
        position, length = scope.rows[count.per]
        if len(value) != length:
            detail = f"Give one number, or one per {count.per}: {length}, not {len(value)}."
            raise UnfitParameters([Finding(pointer(*at), "one-per-row", detail)])
        at, value = (*at, position), value[position]
    if not isinstance(value, int | float) or value != int(value) or value < 0:
        detail = "Give a whole number, 0 or more."
        raise UnfitParameters([Finding(pointer(*at), "not-a-count", detail)])
    return int(value)


def _plan(
    space: LayoutSpace, scope: Scope, *, parent: str | None, position: int, nth: int
) -> PlannedSpace:
    """Return one space of the building."""
    own = space.key.render(scope.variables).lower()
    name = space.names[nth] if nth < len(space.names) else space.name.render(scope.variables)
    if len(name) > MAX_LENGTH:
        detail = f"The name {name[:40]!r}… is longer than {MAX_LENGTH} characters."
        raise UnfitParameters([Finding("#/parameters", "name-too-long", detail)])
    return PlannedSpace(
        key=own if parent is None else f"{parent}/{own}",
        parent=parent,
        kind=space.kind,
        name=name,
        position=position,
        properties={key: _value(value, scope) for key, value in space.properties.items()},
        former=tuple(one.render(scope.variables).lower() for one in space.renamed_from),
    )


def _value(value: Any, scope: Scope) -> Any:
    """Return a property's value: fixed, a running number, or a parameter."""
    if not isinstance(value, dict):
        return value
    return (
        scope.variables[value["index"]]
        if "index" in value
        else scope.parameters[value["parameter"]]
    )
