"""What the bodies of write calls hold, as the OpenAPI document says: ids, and every field."""

from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from typing import Any, NamedTuple

from drf_spectacular.generators import SchemaGenerator

PREFIX = "/api/v1/"
WRITES = ("post", "put", "patch")
Pointer = tuple[str, ...]
ITEM = "[]"


class Write(NamedTuple):
    """A call with a JSON body: its words in matrix.txt, where ids stand in it, and where objects
    with which fields.
    """

    call: str
    ids: tuple[Pointer, ...]
    objects: dict[Pointer, frozenset[str]]


@lru_cache(maxsize=1)
def writes() -> tuple[Write, ...]:
    """Return every call that takes a JSON body, in the order of the paths."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    schemas = document["components"]["schemas"]
    found = []
    for path, item in sorted(document["paths"].items()):
        for method in WRITES:
            content = item.get(method, {}).get("requestBody", {}).get("content", {})
            if "application/json" in content:
                parts = list(_walk(content["application/json"]["schema"], schemas))
                ids = tuple(dict.fromkeys(place for place, fields in parts if not fields))
                objects = {place: fields for place, fields in parts if fields}
                found.append(Write(f"{method.upper()} {path.removeprefix(PREFIX)}", ids, objects))
    return tuple(found)


def _walk(
    schema: dict[str, Any], schemas: dict[str, Any], at: Pointer = ()
) -> Iterator[tuple[Pointer, frozenset[str]]]:
    """Yield places: of ids with no field, of objects with the names of their fields."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for way in ("oneOf", "anyOf", "allOf"):
        for part in schema.get(way, []):
            yield from _walk(part, schemas, at)
    if schema.get("format") == "uuid":
        yield at, frozenset()
    if schema.get("properties"):
        yield at, frozenset(schema["properties"])
    for name, part in schema.get("properties", {}).items():
        yield from _walk(part, schemas, (*at, name))
    if "items" in schema:
        yield from _walk(schema["items"], schemas, (*at, ITEM))


def with_value(body: Any, place: Pointer, value: Any) -> Any:
    """Return a body that holds the value there, in the first item of each list on the way."""
    if not place:
        return value
    first, *rest = place
    if first == ITEM:
        items = list(body) if isinstance(body, list) and body else [{}]
        return [with_value(items[0], tuple(rest), value), *deepcopy(items[1:])]
    whole = dict(body) if isinstance(body, dict) else {}
    return {**whole, first: with_value(whole.get(first), tuple(rest), value)}
