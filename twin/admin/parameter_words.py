"""Parameters of templates in words: what each is, what it is now, and which values it takes."""

from collections.abc import Mapping
from typing import Any

import orjson

from twin.definitions.format import Document
from twin.models import TemplateVersion

SORTS = {"integer": "a whole number", "number": "a number", "string": "text"}
PARTS = ("anyOf", "oneOf")


def parameter_rows(
    version: TemplateVersion, given: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return what a page tells of each parameter of a version.

    Args: given, the values that a site was built with; without it the default is told.
    """
    rows = []
    for key, one in version.definition.get("parameters", {}).items():
        value = (given or {}).get(key, one.get("default"))
        rows.append(
            {
                "key": key,
                "name": one.get("name", key),
                "description": one.get("description", ""),
                "value": "" if value is None else orjson.dumps(value).decode(),
                "takes": values_in_words(one["schema"]),
            }
        )
    return rows


def values_in_words(schema: Document) -> str:
    """Return which values fit a value schema, in few words."""
    for part in PARTS:
        if part in schema:
            return " or ".join(values_in_words(one) for one in schema[part])
    if "enum" in schema:
        return " or ".join(orjson.dumps(one).decode() for one in schema["enum"])
    sort = schema.get("type", "")
    if sort == "boolean":
        return "true or false"
    if sort == "array":
        return f"a list, each {values_in_words(schema.get('items', {}))}"
    return f"{SORTS.get(sort, 'any value')}{_bounds(schema)}"


def _bounds(schema: Document) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" from {low} on"
    return "" if high is None else f" up to {high}"
