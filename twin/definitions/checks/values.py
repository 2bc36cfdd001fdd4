"""Rules of value schemas: some value can fit."""

from collections.abc import Iterator

from config.lib.ucum import is_code, meant_by
from twin.definitions.findings import Finding, pointer
from twin.definitions.format import Document
from twin.definitions.schema import value_findings

BOUNDS = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"))
PARTS = ("anyOf", "oneOf")
UNIT_ADVICE = "Codes look like m2, kW.h, Cel or W/(m2.K); what has none stands in braces: {EUR}/m2."


def unit_findings(unit: str, *, at: tuple[str | int, ...]) -> Iterator[Finding]:
    """Yield a unit that is no code of UCUM, with the code it most likely stands for."""
    if unit and not is_code(unit):
        guess = meant_by(unit)
        advice = f"Write {guess!r}." if guess else UNIT_ADVICE
        yield Finding(pointer(*at), "unknown-unit", f"{unit!r} is no UCUM code. {advice}")


def schema_findings(schema: Document, *, at: tuple[str | int, ...]) -> Iterator[Finding]:
    """Yield the bounds that exclude each other, and choices none of which fits the rest."""
    for low, high in BOUNDS:
        if low in schema and high in schema and schema[low] > schema[high]:
            detail = f"{low} {schema[low]} is above {high} {schema[high]}: no value fits."
            yield Finding(pointer(*at, low), "impossible-schema", f"{detail} Lower or raise one.")
    if "enum" in schema and all(
        value_findings(one, schema=schema, at=()) for one in schema["enum"]
    ):
        detail = "None of these values fits the rest of the schema: change type or values."
        yield Finding(pointer(*at, "enum"), "impossible-schema", detail)
    if "items" in schema:
        yield from schema_findings(schema["items"], at=(*at, "items"))
    for name in PARTS:
        for place, part in enumerate(schema.get(name, ())):
            yield from schema_findings(part, at=(*at, name, place))
