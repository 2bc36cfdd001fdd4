"""The parts of a definition as frozen values, and how they are made from a checked document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from twin.definitions.patterns import Pattern, parse_pattern
from twin.definitions.rules import Rule, parse_rule

Document = Mapping[str, Any]
Former = Mapping[str, Iterable[str]]


@dataclass(frozen=True, slots=True)
class Cardinality:
    """How many there may be; no maximum when None."""

    minimum: int = 0
    maximum: int | None = None

    def allows(self, count: int) -> bool:
        """Say whether so many are allowed."""
        return self.minimum <= count and (self.maximum is None or count <= self.maximum)

    def __str__(self) -> str:
        if self.maximum is None:
            return f"at least {self.minimum}"
        if self.minimum == self.maximum:
            return f"exactly {self.minimum}"
        return f"{self.minimum} to {self.maximum}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that whoever builds a site may choose; required when it has no default."""

    key: str
    schema: Document
    has_default: bool
    default: Any
    example: Any


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for devices in every space of a kind."""

    key: str
    name: str
    categories: frozenset[str]
    types: frozenset[str]
    cardinality: Cardinality


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of space: what it may hold, what is known of it, which devices it should have."""

    key: str
    name: str
    is_root: bool
    contains: Mapping[str, Cardinality]
    properties: Mapping[str, Document]
    slots: tuple[Slot, ...]
    classes: tuple[str, ...]
    renamed_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ViewDefinition:
    """A view that every site of the template has: a live rule, fixed members, or both."""

    key: str
    name: str
    description: str
    rule: Rule | None
    rule_document: Document | None
    members: tuple[str, ...]
    renamed_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RelationshipDefinition:
    """A type of edge, and what may stand at its ends (sort -> kinds; no kinds means any)."""

    key: str
    name: str
    source: Mapping[str, frozenset[str]]
    target: Mapping[str, frozenset[str]]
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How often a space of the layout is repeated: a number, or a parameter, maybe one per row."""

    number: int | None = None
    parameter: str | None = None
    per: str | None = None


@dataclass(frozen=True, slots=True)
class LayoutSpace:
    """One space of the layout, or a row of them when it has a count.

    ``renamed_from`` are patterns of keys that the space had in earlier versions: of its own part,
    or from the root down when there is a slash in it.
    """

    kind: str
    count: Count | None
    start: int
    index: str
    key: Pattern
    name: Pattern
    names: tuple[str, ...]
    properties: Mapping[str, Any]
    children: tuple["LayoutSpace", ...]
    pointer: str
    renamed_from: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole topology template, as one value."""

    key: str
    name: str
    ontology: str
    description: str
    parameters: Mapping[str, Parameter]
    kinds: Mapping[str, Kind]
    views: Mapping[str, ViewDefinition]
    relationships: Mapping[str, RelationshipDefinition]
    layout: tuple[LayoutSpace, ...]


def parse_definition(document: Document) -> Definition:
    """Return the definition that a document describes, which must fit the format's schema."""
    former = {key: kind.get("renamed_from", ()) for key, kind in document["kinds"].items()}
    return Definition(
        key=document["key"],
        name=document["name"],
        ontology=document.get("ontology", document["key"]),
        description=document.get("description", ""),
        parameters=_each(_parameter, document.get("parameters", {})),
        kinds=_each(_kind, document["kinds"]),
        views=_each(_view, document.get("views", {})),
        relationships=_each(_relationship, document.get("relationships", {})),
        layout=_layout(document["layout"], at="#/layout", former=former),
    )


def _each(make: Any, documents: Document) -> dict[str, Any]:
    """Return the documents' parts under their keys, in order."""
    return {key: make(key, document) for key, document in documents.items()}


def _parameter(key: str, document: Document) -> Parameter:
    return Parameter(
        key=key,
        schema=document["schema"],
        has_default="default" in document,
        default=document.get("default"),
        example=document.get("example"),
    )


def _cardinality(document: Document) -> Cardinality:
    return Cardinality(document.get("min", 0), document.get("max"))


def _slot(key: str, document: Document) -> Slot:
    return Slot(
        key=key,
        name=document["name"],
        categories=frozenset(document.get("categories", ())),
        types=frozenset(document.get("types", ())),
        cardinality=_cardinality(document),
    )


def _kind(key: str, document: Document) -> Kind:
    contains = document.get("contains", {})
    return Kind(
        key=key,
        name=document["name"],
        is_root=document.get("root", False),
        contains={child: _cardinality(limits) for child, limits in contains.items()},
        properties=document.get("properties", {}),
        slots=tuple(_each(_slot, document.get("slots", {})).values()),
        classes=tuple(document.get("classes", ())),
        renamed_from=tuple(document.get("renamed_from", ())),
    )


def _view(key: str, document: Document) -> ViewDefinition:
    rule = document.get("rule")
    return ViewDefinition(
        key=key,
        name=document["name"],
        description=document.get("description", ""),
        rule=parse_rule(rule) if rule else None,
        rule_document=rule,
        members=tuple(document.get("members", ())),
        renamed_from=tuple(document.get("renamed_from", ())),
    )


def _relationship(key: str, document: Document) -> RelationshipDefinition:
    return RelationshipDefinition(
        key=key,
        name=document["name"],
        source={sort: frozenset(kinds) for sort, kinds in document["from"].items()},
        target={sort: frozenset(kinds) for sort, kinds in document["to"].items()},
        classes=tuple(document.get("classes", ())),
    )


def _layout(documents: list[Document], *, at: str, former: Former) -> tuple[LayoutSpace, ...]:
    return tuple(
        _space(document, at=f"{at}/{place}", former=former)
        for place, document in enumerate(documents)
    )


def _space(document: Document, *, at: str, former: Former) -> LayoutSpace:
    kind, count = document["kind"], _count(document.get("count"))
    index = document.get("index", kind)
    number = "" if count is None else f"-{{{index}}}"
    earlier = list(document.get("renamed_from", ()))
    if "key" not in document:  # A key that is made of the kind has changed with its name.
        earlier += [f"{old}{number}" for old in former.get(kind, ())]
    return LayoutSpace(
        kind=kind,
        count=count,
        start=document.get("start", 1),
        index=index,
        key=parse_pattern(document.get("key", f"{kind}{number}")),
        name=parse_pattern(document["name"]),
        names=tuple(document.get("names", ())),
        properties=document.get("properties", {}),
        children=_layout(document.get("children", []), at=f"{at}/children", former=former),
        pointer=at,
        renamed_from=tuple(map(parse_pattern, earlier)),
    )


def _count(document: int | Document | None) -> Count | None:
    if document is None:
        return None
    if isinstance(document, int):
        return Count(number=document)
    if isinstance(document, float):  # JSON Schema takes 4.0 for an integer
        return Count(number=int(document))
    return Count(parameter=document["parameter"], per=document.get("per"))
