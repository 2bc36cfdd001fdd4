"""Say a site's graph in Brick and RealEstateCore, and report what had no counterpart there."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from twin.ontology.mapping import OWN, Classes, Counterparts, counterparts
from twin.selectors.graphs import RELATED, Graph, GraphEdge, GraphNode

Resource = dict[str, Any]


class Lack(NamedTuple):
    """Something that is said otherwise there, or not at all."""

    what: str
    name: str
    said_as: str
    because: str


@dataclass(slots=True)
class Export:
    """Resources in the shape of JSON-LD, in the order of the graph, and what they lack."""

    prefixes: dict[str, str]
    resources: list[Resource] = field(default_factory=list)
    lacks: Counter[Lack] = field(default_factory=Counter)
    mapped: Counter[str] = field(default_factory=Counter)


def export_graph(graph: Graph) -> Export:
    """Return the graph as resources; nothing is left out, only said less exactly.

    Shape: ``@id``, ``@type`` (prefixed names), ``rdfs:label``, then edges as lists of references.
    """
    return _Exporter(counterparts()).run(graph)


class _Exporter:
    """One export: the tables, and what has come of it so far."""

    def __init__(self, tables: Counterparts) -> None:
        self.tables = tables
        self.export = Export(dict(tables.prefixes))
        self.resources: dict[UUID | str, Resource] = {}
        self.units: dict[str, str] = {}

    def run(self, graph: Graph) -> Export:
        for node in graph.nodes.values():
            self.resources[node.id] = self._resource(node)
        for edge in graph.edges:
            self._join(edge)
        self.export.resources = [*self.resources.values(), *self._units()]
        return self.export

    def _resource(self, node: GraphNode) -> Resource:
        classes = self._classes(node)
        resource = {"@id": iri(node), "@type": list(classes), "rdfs:label": node.name}
        details = dict(node.details)
        unit = details.pop("unit", "")
        resource |= {f"atrium:{name}": value for name, value in details.items() if value}
        if unit:
            resource |= self._unit(unit)
        return resource

    def _classes(self, node: GraphNode) -> Classes:
        """Return the classes that the node's own definition names, else those of its kind."""
        known = self.tables.kinds.get(node.type, {})
        classes = node.classes or known.get(node.kind, ())
        if not classes:
            classes = self.tables.types[node.type]
            if node.kind and node.type in self.tables.kinds:
                why = f"There is no counterpart for this {node.type}."
                self._lack("kind", f"{node.type}:{node.kind}", said_as=classes, because=why)
        self._lack_if_own(f"{node.type}", classes)
        self.export.mapped[node.type] += 1
        return tuple(dict.fromkeys(self._current(one) for one in classes))

    def _current(self, name: str) -> str:
        """Return the class that stands for another in the versions that we write."""
        if name not in self.tables.replaced:
            return name
        by, because = self.tables.replaced[name]
        self._lack("class", name, said_as=(by,), because=because)
        return by

    def _unit(self, unit: str) -> Resource:
        if unit not in self.tables.units:
            self._lack(
                "unit",
                unit,
                said_as=("atrium:unit",),
                because="QUDT's word for it is not in our table.",
            )
            return {"atrium:unit": unit}
        self.units[unit] = self.tables.units[unit]
        return {"brick:hasUnit": [{"@id": self.units[unit]}]}

    def _units(self) -> Iterator[Resource]:
        """Yield the units in use, so that a reader without QUDT at hand knows them for units."""
        for ucum, name in sorted(self.units.items()):
            yield {"@id": name, "@type": ["qudt:Unit"], "qudt:ucumCode": ucum}

    def _join(self, edge: GraphEdge) -> None:
        if edge.type == RELATED:
            known = self.tables.relationships.get(edge.kind)
            name = edge.classes[0] if edge.classes else known or f"{OWN}{edge.kind}"
            is_inverse = False
        else:
            name, is_inverse = (
                self.tables.edges[edge.type].property,
                self.tables.edges[edge.type].is_inverse,
            )
        self._lack_if_own(edge.kind if edge.type == RELATED else edge.type, (name,))
        ends = (edge.target, edge.source) if is_inverse else (edge.source, edge.target)
        reference = {"@id": self.resources[ends[1]]["@id"]}
        self.resources[ends[0]].setdefault(name, []).append(reference)
        self.export.mapped["edge"] += 1

    def _lack_if_own(self, name: str, said_as: Classes) -> None:
        if all(one.startswith(OWN) for one in said_as):
            self._lack(
                "word",
                name,
                said_as=said_as,
                because="Brick and RealEstateCore have no word for it.",
            )

    def _lack(self, what: str, name: str, *, said_as: Classes, because: str) -> None:
        self.export.lacks[Lack(what, name, " ".join(said_as), because)] += 1


def iri(node: GraphNode) -> str:
    """Return the name of a node in the wide world: by its id, the same in every export."""
    return f"urn:uuid:{node.id}" if isinstance(node.id, UUID) else f"urn:atrium:{node.id}"


class Told(Protocol):
    """What an export or an import tells of itself."""

    lacks: Counter[Lack]
    mapped: Counter[str]


def report_of(told: Told) -> dict[str, Any]:
    """Return what was said, and what had no counterpart, the most frequent first.

    Shape: ``mapped`` (counts by type), ``unmapped``: ``what``, ``name``, ``said_as``, ``because``,
    ``count``.
    """
    return {
        "mapped": dict(sorted(told.mapped.items())),
        "unmapped": [
            {**lack._asdict(), "count": count} for lack, count in told.lacks.most_common()
        ],
    }
