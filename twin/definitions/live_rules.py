"""Check the rule of a view in a live site, where a template may or may not say what exists."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator

from twin.definitions.documents import MAX_DEPTH, depth_of, too_deep
from twin.definitions.findings import Finding
from twin.definitions.format import Definition
from twin.definitions.rules import Inside, Properties, Rule, parse_rule, walk_rule
from twin.definitions.schema import findings_of, format_schema


def rule_findings(document: object, *, definition: Definition | None) -> list[Finding]:
    """Return what is wrong with a rule; pointers start at the rule itself."""
    if depth_of(document) > MAX_DEPTH:
        return [too_deep().finding]
    findings = list(findings_of(_rule_validator(), document, at=()))
    if findings or not isinstance(document, dict):
        return findings
    parts = list(walk_rule(parse_rule(document)))
    findings += [one for part in parts for one in _bad_ids(part)]
    if definition is not None:
        findings += [one for part in parts for one in _unknown(part, definition)]
    return findings


@lru_cache(maxsize=1)
def _rule_validator() -> Draft202012Validator:
    schema: dict[str, Any] = format_schema()
    return Draft202012Validator({"$ref": "#/$defs/rule", "$defs": schema["$defs"]})


def _bad_ids(rule: Rule) -> Iterator[Finding]:
    for text in sorted(rule.spaces) if isinstance(rule, Inside) else ():
        try:
            UUID(text)
        except ValueError:
            yield Finding("#", "bad-id", f"{text!r} is no id of a space.")


def _unknown(rule: Rule, definition: Definition) -> Iterator[Finding]:
    for kind in sorted(getattr(rule, "kinds", frozenset()) - definition.kinds.keys()):
        known = ", ".join(definition.kinds)
        detail = f"The site's template has no kind {kind!r}. It has: {known}."
        yield Finding("#", "unknown-kind", detail)
    if isinstance(rule, Properties):
        having = {key for kind in definition.kinds.values() for key in kind.properties}
        for key in sorted({key for key, _ in rule.properties} - having):
            yield Finding("#", "unknown-property", f"No kind has the property {key!r}.")
