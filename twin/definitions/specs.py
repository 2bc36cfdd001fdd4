"""Explicit buildings: every space written out, instead of a layout with parameters."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator

from twin.definitions.documents import MAX_DEPTH, depth_of, too_deep
from twin.definitions.exceptions import containment_findings, property_findings
from twin.definitions.findings import Finding, UnfitParameters, pointer
from twin.definitions.format import Definition
from twin.definitions.layout import MAX_SPACES, PlannedSpace
from twin.definitions.schema import findings_of

# A space of a building nests twice as deeply as the building: the list, then the space in it.
MAX_NESTING = 2 * MAX_DEPTH


@lru_cache(maxsize=1)
def spec_schema() -> dict[str, Any]:
    """Return the JSON Schema of an explicit building."""
    text = Path(__file__).with_name("spec.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    return Draft202012Validator(spec_schema())


def expand_spec(
    document: Mapping[str, Any], *, definition: Definition | None
) -> list[PlannedSpace]:
    """Return every space of an explicit building, parents before children, siblings in order.

    A space without ``key`` is keyed by its kind and its number among its siblings of that kind.
    Raises: UnfitParameters, with pointers such as ``#/spec/spaces/0/children/2/kind``.
    """
    if depth_of(document, at_most=MAX_NESTING) > MAX_NESTING:
        raise UnfitParameters([too_deep().finding])
    findings = list(findings_of(_validator(), document, at=("spec",)))
    if findings:
        raise UnfitParameters(findings)
    placed = list(_expand(document["spaces"], parent=None, at=pointer("spec", "spaces")))
    findings = list(_findings(placed, definition))
    if findings:
        raise UnfitParameters(findings)
    return [space for space, _ in placed]


def _expand(
    documents: list[Mapping[str, Any]], *, parent: str | None, at: str
) -> Iterator[tuple[PlannedSpace, str]]:
    """Yield each space with the pointer to where it is written."""
    numbers: Counter[str] = Counter()
    for position, document in enumerate(documents):
        kind, here = document["kind"], f"{at}/{position}"
        numbers[kind] += 1
        own = document.get("key") or f"{kind}-{numbers[kind]}"
        key = own if parent is None else f"{parent}/{own}"
        space = PlannedSpace(
            key=key,
            parent=parent,
            kind=kind,
            name=document["name"],
            position=position,
            properties=document.get("properties", {}),
            space=document.get("id", "").lower(),
        )
        yield space, here
        yield from _expand(document.get("children", []), parent=key, at=f"{here}/children")


def _findings(
    placed: list[tuple[PlannedSpace, str]], definition: Definition | None
) -> Iterator[Finding]:
    if len(placed) > MAX_SPACES:
        detail = f"A building has at most {MAX_SPACES:,} spaces."
        yield Finding("#/spec/spaces", "too-many-spaces", detail)
        return
    yield from _identity_findings(placed)
    unknown = False
    for space, at in placed if definition else ():
        kind = definition.kinds.get(space.kind) if definition else None
        if kind is None:
            unknown = True
            yield Finding(f"{at}/kind", "unknown-kind", f"The template has no kind {space.kind!r}.")
        else:
            yield from property_findings(kind, space.properties, at=at)
    if definition and not unknown:
        spaces = [space for space, _ in placed]
        pointers = {space.key: at for space, at in placed}
        yield from containment_findings(definition, spaces, pointers=pointers)


def _identity_findings(placed: list[tuple[PlannedSpace, str]]) -> Iterator[Finding]:
    """Yield keys and ids that are there twice, or that are none."""
    keys = Counter(space.key for space, _ in placed)
    ids = Counter(space.space for space, _ in placed if space.space)
    for space, at in placed:
        if keys[space.key] > 1:
            detail = f"Several spaces have the key {space.key!r}: give each its own."
            yield Finding(f"{at}/key", "duplicate-key", detail)
        if ids[space.space] > 1:
            yield Finding(f"{at}/id", "duplicate-id", "A space stands at one place only.")
        if space.space and not _is_id(space.space):
            yield Finding(f"{at}/id", "bad-id", f"{space.space!r} is no id of a space.")


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
