"""JSON Schema at work: the format's own schema, and the value schemas inside a definition."""

import json
from collections.abc import Callable, Iterable, Iterator, Sized
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.exceptions import relevance

from twin.definitions.findings import Finding, pointer
from twin.definitions.format import Document

MAX_FINDINGS = 100
MAX_DETAIL = 300


@lru_cache(maxsize=1)
def format_schema() -> dict[str, Any]:
    """Return the published JSON Schema of the definition format."""
    text = Path(__file__).with_name("schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def document_findings(document: object) -> Iterator[Finding]:
    """Find where a document departs from the format's schema, in document order."""
    return findings_of(_format_validator(), document, at=())


def value_findings(value: object, *, schema: Document, at: tuple[str | int, ...]) -> list[Finding]:
    """Return where a value departs from a value schema; pointers start with ``at``."""
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return list(findings_of(validator, value, at=at))


@lru_cache(maxsize=1)
def _format_validator() -> Draft202012Validator:
    return Draft202012Validator(format_schema())


def findings_of(
    validator: Draft202012Validator, value: object, *, at: tuple[str | int, ...]
) -> Iterator[Finding]:
    """Yield one finding per fault, the first hundred of them."""
    for number, error in enumerate(validator.iter_errors(value)):
        if number == MAX_FINDINGS:
            return
        yield _finding(_most_telling(error), at=at)


def _most_telling(error: ValidationError) -> ValidationError:
    """Return the fault inside an alternative that came nearest to fitting."""
    while error.context:
        error = max(error.context, key=_telling)
    return error


def _telling(error: ValidationError) -> tuple[bool, int, Any]:
    """Rank a fault: right type first, then the deeper, then as jsonschema finds it relevant."""
    return error.validator != "type", len(error.path), relevance(error)


def _finding(error: ValidationError, *, at: tuple[str | int, ...]) -> Finding:
    """Return the finding of one fault, its text bounded."""
    path = [*at, *error.absolute_path]
    if error.validator == "required":
        return Finding(pointer(*path), "required", f"Add what is missing: {error.message}.")
    rule = error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "pattern" and "$comment" in rule:
        detail = f"{_shortened(repr(error.instance))} must be {rule['$comment']}."
        return Finding(pointer(*path), _code(error), detail)
    say = SENTENCES.get(str(error.validator))
    detail = say(error, rule) if say else f"{error.message}."
    return Finding(pointer(*path), _code(error), _shortened(detail))


def _unknown_field(error: ValidationError, rule: Document) -> str:
    known = rule.get("properties", {})
    extra = ", ".join(repr(key) for key in cast(Iterable[str], error.instance) if key not in known)
    return f"Leave out {extra}; known here: {', '.join(known)}."


def _wrong_type(error: ValidationError, rule: Document) -> str:
    wanted = [rule["type"]] if isinstance(rule["type"], str) else rule["type"]
    told = " or ".join(JSON_TYPES[one] for one in wanted)
    return f"Write {told}, not {_shortened(json.dumps(error.instance, default=str))}."


def _too_few(error: ValidationError, rule: Document) -> str:
    least = rule[str(error.validator)]
    return f"Give at least {least} here: there is {len(_sized(error)) or 'none'}."


def _too_many(error: ValidationError, rule: Document) -> str:
    return f"Give at most {rule[str(error.validator)]} here: there are {len(_sized(error))}."


def _sized(error: ValidationError) -> Sized:
    return cast(Sized, error.instance)


JSON_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
SENTENCES: dict[str, Callable[[ValidationError, Document], str]] = {
    "additionalProperties": _unknown_field,
    "type": _wrong_type,
    "const": lambda _, rule: f"Write {json.dumps(rule['const'])} here.",
    "enum": lambda _, rule: f"Choose one of: {', '.join(map(str, rule['enum']))}.",
    "minLength": lambda error, rule: (
        f"Write at least {rule['minLength']} characters, not {len(_sized(error))}."
    ),
    "maxLength": lambda error, rule: (
        f"Write at most {rule['maxLength']} characters, not {len(_sized(error))}."
    ),
    "minItems": _too_few,
    "minProperties": _too_few,
    "maxItems": _too_many,
    "maxProperties": _too_many,
}


def _code(error: ValidationError) -> str:
    """Return the rule's code in kebab-case: additionalProperties is unknown-field."""
    names = {"additionalProperties": "unknown-field", "propertyNames": "bad-name"}
    keyword = "propertyNames" if "propertyNames" in error.schema_path else str(error.validator)
    kebab = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in keyword)
    return names.get(keyword, kebab)


def _shortened(text: str) -> str:
    """Return the text, cut where it would fill a screen."""
    return text if len(text) <= MAX_DETAIL else f"{text[: MAX_DETAIL - 1]}…"
