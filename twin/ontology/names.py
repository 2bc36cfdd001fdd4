"""Names of the wide world, and what they are called here: classes of places and of devices."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from twin.definitions.format import Definition
from twin.ontology.mapping import Classes, counterparts, read_table

SPACE = "space"


@lru_cache(maxsize=1)
def places() -> Mapping[str, str]:
    """Return the kind that each class of place is read as."""
    table = read_table(Path(__file__).with_name("places.yaml"))
    return {name: kind for kind, names in table.items() for name in names}


def kind_classes(definition: Definition | None) -> dict[str, Classes]:
    """Return the classes of each kind that may be made, as exports write them."""
    tables = counterparts()
    if definition is None:
        return dict(tables.kinds[SPACE])
    found = {}
    for key, kind in definition.kinds.items():
        classes = kind.classes or tables.kinds[SPACE].get(key, ())
        current = (tables.replaced.get(one, (one,))[0] for one in classes)
        found[key] = tuple(dict.fromkeys((*current, *classes)))
    return found


def device_classes() -> dict[str, str]:
    """Return a category for each class of device."""
    found: dict[str, str] = {}
    for category, classes in counterparts().kinds.get("device", {}).items():
        for name in classes:
            found.setdefault(name, category)
    return found


def base_of(names: Iterable[str]) -> str | None:
    """Return the most telling kind among those of the classes: the first in the table."""
    found = {places()[name] for name in names if name in places()}
    return next((kind for kind in _order() if kind in found), None)


@lru_cache(maxsize=1)
def _order() -> tuple[str, ...]:
    return tuple(dict.fromkeys(places().values()))


def short_name(iri: str) -> str:
    """Return the prefixed name of an IRI, itself if no prefix of ours fits."""
    named = {**counterparts().prefixes, "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#"}
    for prefix, start in named.items():
        if iri.startswith(start):
            return f"{prefix}:{iri[len(start) :]}"
    return iri


def local_name(iri: str) -> str:
    """Return the last part of an IRI."""
    return re.split(r"[#/:]", iri)[-1]


def own_id(iri: str) -> UUID | None:
    """Return the id of a node that an IRI of ours names."""
    try:
        return UUID(iri.removeprefix("urn:uuid:"))
    except ValueError:
        return None


def natural_order(text: str) -> list[tuple[bool, int, str]]:
    """Return a key that sorts Flat 2 before Flat 10."""
    parts = re.findall(r"\d{1,18}|\D+", text.casefold())
    return [(not one.isdecimal(), int(one) if one.isdecimal() else 0, one) for one in parts]
