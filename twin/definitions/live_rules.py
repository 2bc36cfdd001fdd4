"""Check the rule of a view in a live site, where a template may or may not say what exists."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator

from twin.definitions.documents import MAX_DEPTH, depth_of, too_deep
from twin.definitions.findings import Finding, pointer
from twin.definitions.format import Definition
from twin.definitions.rules import (
    Inside,
    Kinds,
    Outside,
    Properties,
    Rule,
    locate_rule,
    parse_rule,
)
from twin.definitions.schema import findings_of, format_schema

MAX_CONDITIONS = 100
Path = tuple[str | int, ...]


def rule_findings(document: object, *, definition: Definition | None) -> list[Finding]:
    """Return what is wrong with a rule; pointers start at the rule itself."""
    if depth_of(document) > MAX_DEPTH:
        return [too_deep().finding]
    findings = list(findings_of(_rule_validator(), document, at=()))
    if findings or not isinstance(document, dict):
        return findings
    parts = list(locate_rule(parse_rule(document)))
    if len(parts) > MAX_CONDITIONS:
        detail = f"A rule has at most {MAX_CONDITIONS} conditions; this one has {len(parts)}."
        return [Finding("#", "too-many-conditions", detail)]
    findings += [one for at, part in parts for one in _bad_ids(part, document, at=at)]
    if definition is not None:
        findings += [one for at, part in parts for one in _unknown(part, definition, at=at)]
    return findings


def named_places(document: dict[str, Any]) -> dict[UUID, str]:
    """Return the pointer to each space that a sound rule names by its id."""
    found: dict[UUID, str] = {}
    for at, part in locate_rule(parse_rule(document)):
        for path, text in _ids(part, document, at=at):
            found.setdefault(UUID(text), pointer(*path))
    return found


@lru_cache(maxsize=1)
def _rule_validator() -> Draft202012Validator:
    schema: dict[str, Any] = format_schema()
    return Draft202012Validator({"$ref": "#/$defs/rule", "$defs": schema["$defs"]})


def _places(rule: Rule) -> tuple[str, Inside | None]:
    """Return the name of the condition and the places that it is about."""
    if isinstance(rule, Outside):
        return "outside", rule.places
    return "inside", rule if isinstance(rule, Inside) else None


def _ids(rule: Rule, document: object, *, at: Path) -> Iterator[tuple[Path, str]]:
    """Yield the ids that one condition names, as they are written, each with its path."""
    name, places = _places(rule)
    if places is None:
        return
    path = (*at, name, "spaces")
    found: Any = document
    for step in path[:-1]:
        found = found[step]
    for place, text in enumerate(found.get("spaces", ())):
        yield (*path, place), text


def _bad_ids(rule: Rule, document: object, *, at: Path) -> Iterator[Finding]:
    for path, text in _ids(rule, document, at=at):
        try:
            UUID(text)
        except ValueError:
            yield Finding(pointer(*path), "bad-id", f"{text!r} is no id of a space.")


def _unknown(rule: Rule, definition: Definition, *, at: Path) -> Iterator[Finding]:
    name, places = _places(rule)
    kinds, path = frozenset[str](), (*at, "kinds")
    if isinstance(rule, Kinds):
        kinds = rule.kinds
    elif places is not None:
        kinds, path = places.kinds, (*at, name, "kinds")
    for kind in sorted(kinds - definition.kinds.keys()):
        known = ", ".join(definition.kinds)
        detail = f"The site's template has no kind {kind!r}. It has: {known}."
        yield Finding(pointer(*path), "unknown-kind", detail)
    if isinstance(rule, Properties):
        having = {key for kind in definition.kinds.values() for key in kind.properties}
        for key in sorted({key for key, _ in rule.properties} - having):
            detail = f"No kind has the property {key!r}."
            yield Finding(pointer(*at, "properties", key), "unknown-property", detail)
