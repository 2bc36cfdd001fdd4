"""A small definition that is right, to be made wrong one way per test."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from twin.definitions.documents import read_document
from twin.definitions.format import Definition, parse_definition

CATALOGUE = Path(__file__).parents[3] / "twin" / "catalogue"

_DOCUMENT: dict[str, Any] = {
    "format": 1,
    "key": "car-park",
    "name": "Car park",
    "parameters": {"decks": {"schema": {"type": "integer", "minimum": 1}, "default": 2}},
    "kinds": {
        "garage": {"name": "Garage", "root": True, "contains": {"deck": {"min": 1, "max": 9}}},
        "deck": {
            "name": "Deck",
            "contains": {"bay": {}},
            "properties": {"level": {"schema": {"type": "integer"}}},
            "slots": {"charger": {"name": "Charger", "categories": ["charger"], "min": 0}},
        },
        "bay": {"name": "Bay", "properties": {"wide": {"schema": {"type": "boolean"}}}},
    },
    "views": {"bays": {"name": "Bays", "rule": {"kinds": ["bay"]}}},
    "relationships": {
        "feeds": {"name": "feeds", "from": {"devices": []}, "to": {"spaces": ["bay"]}}
    },
    "layout": [
        {
            "kind": "garage",
            "name": "{site}",
            "children": [
                {
                    "kind": "deck",
                    "count": {"parameter": "decks"},
                    "name": "Deck {deck}",
                    "properties": {"level": {"index": "deck"}},
                    "children": [{"kind": "bay", "count": 3, "name": "Bay {deck}.{bay:02}"}],
                }
            ],
        }
    ],
}


def car_park() -> dict[str, Any]:
    """Return a fresh copy of the right definition."""
    return deepcopy(_DOCUMENT)


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the definition with one value set: ``changed("kinds/bay/root", True)``."""
    document = car_park()
    *parents, last = path.split("/")
    place: Any = document
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
    place[int(last) if isinstance(place, list) else last] = value
    return document


def shipped(key: str) -> Definition:
    """Return a shipped definition."""
    document = read_document((CATALOGUE / f"{key}.yaml").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return parse_definition(document)
