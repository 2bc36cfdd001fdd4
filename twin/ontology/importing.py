"""Turn a Brick or RealEstateCore model into an explicit building, and report what was left out."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from twin.definitions.findings import Finding, UnfitParameters
from twin.definitions.format import Definition
from twin.ontology.export import Lack
from twin.ontology.mapping import Classes
from twin.ontology.names import (
    base_of,
    device_classes,
    kind_classes,
    local_name,
    natural_order,
    own_id,
    places,
    short_name,
)

SITE, SPACE, ZONE = "site", "space", "zone"
ROOTS = frozenset({"building", "house", "home"})
PARTS = ("brick:hasPart", "rec:hasPart")
WHOLES = ("brick:isPartOf", "rec:isPartOf")
PLACES = ("brick:hasLocation", "rec:locatedIn")
HOLDS = ("brick:isLocationOf", "rec:isLocationOf")
NOTHING_MADE = "A plan makes spaces. Declare the asset, then bring the device into use there."
NO_PLACE = "No counterpart in the graph of a site."
ZONE_BESIDE = "Places stand in one place only; make a view of what a zone groups."
MAX_NAMED = 20
Known = Mapping[UUID, Mapping[str, Any]]
NOBODY: Known = MappingProxyType({})


@dataclass(slots=True)
class Imported:
    """An explicit building, the devices that the model speaks of, and what was left out."""

    spec: dict[str, Any]
    devices: list[dict[str, Any]] = field(default_factory=list)
    lacks: Counter[Lack] = field(default_factory=Counter)
    mapped: Counter[str] = field(default_factory=Counter)


def import_model(
    graph: Any,
    *,
    definition: Definition | None = None,
    known: Known = NOBODY,
) -> Imported:
    """Return the building that a model describes; no database, no network.

    Args: the template's definition, whose kinds go first; the properties of the spaces that are
    there already, by id: these keep both.
    Raises: UnfitParameters, naming what hangs in a ring, in two places, nowhere, or is not told of.
    """
    return _Importer(graph, definition, known).run()


class _Importer:
    """One import: the model in prefixed names, and what has come of it so far."""

    def __init__(self, graph: Any, definition: Definition | None, known: Known) -> None:
        self.definition, self.known = definition, known
        self.types: dict[str, list[str]] = {}
        self.labels: dict[str, str] = {}
        self.links: list[tuple[str, str, str]] = []
        self._read(graph)
        self.kinds = kind_classes(definition)
        bases = {thing: base_of(names) for thing, names in self.types.items()}
        self.bases = {thing: base for thing, base in bases.items() if base}
        self.sites = {thing for thing, base in self.bases.items() if base == SITE}
        self.made = Imported(spec={})

    def _read(self, graph: Any) -> None:
        for subject, predicate, value in graph:
            name, thing = short_name(str(predicate)), str(subject)
            if name == "rdf:type":
                self.types.setdefault(thing, []).append(short_name(str(value)))
            elif name in {"rdfs:label", "rec:name"}:
                self.labels.setdefault(thing, str(value))
            else:
                self.links.append((thing, name, str(value)))

    def run(self) -> Imported:
        parents = self._parents()
        self._leave_out_zones(parents)
        self._check(parents)
        children: dict[str | None, list[str]] = {}
        for place in self.bases.keys() - self.sites:
            parent = parents.get(place)
            children.setdefault(None if parent in self.sites else parent, []).append(place)
        self.made.spec = {"spaces": self._spaces(children, None)}
        self._rest()
        return self.made

    def _pairs(self, down: Classes, up: Classes) -> Iterator[tuple[str, str]]:
        """Yield what is above and what is below, whichever way the model says it."""
        for subject, name, value in self.links:
            if name in down:
                yield subject, value
            elif name in up:
                yield value, subject

    def _parents(self) -> dict[str, str]:
        """Return the one place above each place."""
        parents: dict[str, str] = {}
        faults = []
        pairs = sorted(set(self._pairs(PARTS, WHOLES)))
        zones = self._zones()
        settled = {below for above, below in pairs if above in self.bases.keys() - zones}
        for above, below in pairs:
            if above in zones and below in settled:
                self._lack("word", self._name(above), said_as="", because=ZONE_BESIDE)
            elif above not in self.types or below not in self.types:
                lost = below if above in self.types else above
                faults.append(("dangling", f"{lost} is named as a part but never told of."))
            elif {above, below} <= self.bases.keys() and parents.setdefault(below, above) != above:
                detail = f"{self._name(below)} is in {self._name(parents[below])} and in"
                faults.append(("two-parents", f"{detail} {self._name(above)}."))
        _refuse(faults)
        return parents

    def _zones(self) -> set[str]:
        return {place for place, base in self.bases.items() if base == ZONE}

    def _leave_out_zones(self, parents: Mapping[str, str]) -> None:
        """Leave out the zones that only group places which stand elsewhere."""
        for zone in sorted(self._zones() - parents.keys() - set(parents.values())):
            del self.bases[zone]
            self._lack("class", " ".join(self.types.pop(zone)), said_as="", because=ZONE_BESIDE)

    def _check(self, parents: Mapping[str, str]) -> None:
        faults = []
        if len(self.sites) > 1:
            names = ", ".join(sorted(map(self._name, self.sites)))
            faults.append(("several-sites", f"A plan is for one site. The model has: {names}."))
        if not self.bases.keys() - self.sites:
            faults.append(("no-spaces", "The model tells of no building, floor or room."))
        for place in sorted(self.bases.keys() - self.sites):
            if _is_in_ring(place, parents):
                faults.append(("cycle", f"{self._name(place)} stands, through others, in itself."))
            elif place not in parents and not self._may_be_root(place):
                detail = f"{self._name(place)} stands nowhere. Say what it is a part of."
                faults.append(("orphan", detail))
        _refuse(faults)

    def _may_be_root(self, place: str) -> bool:
        if self.definition:
            return self.definition.kinds[self._kind(place)].is_root
        return not {SITE, "building"} & set(self.bases.values()) or self.bases[place] in ROOTS

    def _kind(self, place: str) -> str:
        """Return the kind that shares most classes with the place, else that of its base class."""
        types = set(self.types[place])
        scores = {kind: len(types & set(classes)) for kind, classes in self.kinds.items()}
        best = max(scores, key=lambda kind: scores[kind], default="")
        if best and scores[best]:
            return best
        base = self.bases[place]
        if self.definition and base not in self.definition.kinds:
            names = " ".join(sorted(self.types[place]))
            known = ", ".join(self.definition.kinds)
            detail = f"{self._name(place)} ({names}) is of no kind of the template: {known}."
            _refuse([("unknown-kind", detail)])
        return base

    def _spaces(self, children: Mapping[str | None, list[str]], at: str | None) -> list[Any]:
        keys: Counter[str] = Counter()
        rows = []
        for place in sorted(children.get(at, ()), key=lambda one: natural_order(self._name(one))):
            kind = self._kind(place)
            row: dict[str, Any] = {"kind": kind, "name": self._name(place)}
            row |= self._identity(place, keys)
            if below := self._spaces(children, place):
                row["children"] = below
            self._note(place, kind)
            rows.append(row)
        return rows

    def _identity(self, place: str, keys: Counter[str]) -> dict[str, Any]:
        """Return the id of a space that is there, else a key that the next import finds again."""
        own = own_id(place)
        if own is not None and own in self.known:
            return {"id": str(own), "properties": self.known[own]}
        key = re.sub(r"[^a-z0-9]+", "-", local_name(place).lower()).strip("-")[:50] or "space"
        keys[key] += 1
        return {"key": key if keys[key] == 1 else f"{key}-{keys[key]}"}

    def _note(self, place: str, kind: str) -> None:
        self.made.mapped[SPACE] += 1
        for name in self.types[place]:
            if name not in self.kinds.get(kind, ()) and name not in places():
                self._lack(
                    "class", name, said_as=kind, because="Read by the other classes of the place."
                )
            elif name in places() and name not in self.kinds.get(kind, ()):
                self._lack("class", name, said_as=kind, because="The kind that comes nearest.")

    def _rest(self) -> None:
        """Tell of everything that is no place: devices with where they stand, and the others."""
        standing = {below: above for above, below in self._pairs(HOLDS, PLACES)}
        equipment = device_classes()
        for thing in sorted(self.types.keys() - self.bases.keys()):
            names = self.types[thing]
            category = next((equipment[one] for one in names if one in equipment), None)
            if category or thing in standing:
                where = standing.get(thing)
                space = self._name(where) if where in self.types else None
                device = {"name": self._name(thing), "category": category, "space": space}
                self.made.devices.append({**device, "classes": sorted(names)})
                for name in names:
                    self._lack("device", name, said_as=category or "", because=NOTHING_MADE)
            else:
                for name in names:
                    self._lack("class", name, said_as="", because=NO_PLACE)

    def _lack(self, what: str, name: str, *, said_as: str, because: str) -> None:
        self.made.lacks[Lack(what, name, said_as, because)] += 1

    def _name(self, thing: str) -> str:
        """Return a name for people, on one line."""
        text = " ".join(self.labels.get(thing, local_name(thing)).split())
        return "".join(filter(str.isprintable, text))[:200] or SPACE


def _is_in_ring(place: str, parents: Mapping[str, str]) -> bool:
    seen, above = {place}, parents.get(place)
    while above is not None and above not in seen:
        seen.add(above)
        above = parents.get(above)
    return above == place


def _refuse(faults: list[tuple[str, str]]) -> None:
    if faults:
        raise UnfitParameters(Finding("#", code, detail) for code, detail in faults[:MAX_NAMED])
