"""The tables of counterparts: ``mapping.yaml`` beside this, and what the apps above add to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

BRICK_VERSION, REC_VERSION = "1.5", "4.0"
OWN = "atrium:"
Classes = tuple[str, ...]
# Classes by kind, for each type of node: what higher apps know of theirs.
_kinds: dict[str, Mapping[str, Classes]] = {}


@dataclass(frozen=True, slots=True)
class EdgeName:
    """What an edge is called; an inverse one points the other way."""

    property: str
    is_inverse: bool = False


@dataclass(frozen=True, slots=True)
class Counterparts:
    """What types, kinds, edges and units are called; ``replaced`` names old, new and why."""

    prefixes: Mapping[str, str]
    types: Mapping[str, Classes]
    kinds: Mapping[str, Mapping[str, Classes]]
    replaced: Mapping[str, tuple[str, str]]
    edges: Mapping[str, EdgeName]
    relationships: Mapping[str, str]
    units: Mapping[str, str]


def read_table(path: Path) -> dict[str, Any]:
    """Return the content of a YAML file of ours."""
    table: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return table


def as_classes(table: Mapping[str, list[str]]) -> dict[str, Classes]:
    """Return the classes of each name."""
    return {str(name): tuple(classes) for name, classes in table.items()}


def register_kinds(node_type: str, table: Mapping[str, list[str]]) -> None:
    """Let an app say what the kinds of its nodes are called."""
    _kinds[node_type] = as_classes(table)
    counterparts.cache_clear()


@lru_cache(maxsize=1)
def counterparts() -> Counterparts:
    """Return the tables."""
    table = read_table(Path(__file__).with_name("mapping.yaml"))
    return Counterparts(
        prefixes=table["prefixes"],
        types=as_classes(table["types"]),
        kinds={"space": as_classes(table["kinds"]), **_kinds},
        replaced={old: (new["by"], new["because"]) for old, new in table["replaced"].items()},
        edges={
            name: EdgeName(edge["property"], edge.get("inverse", False))
            for name, edge in table["edges"].items()
        },
        relationships=table["relationships"],
        units={str(unit): name for unit, name in table["units"].items()},
    )
