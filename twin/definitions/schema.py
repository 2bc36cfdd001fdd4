"""JSON Schema at work: the format's own schema, and the value schemas inside a definition."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

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
    return Finding(pointer(*path), _code(error), f"{_shortened(error.message)}.")


def _code(error: ValidationError) -> str:
    """Return the rule's code in kebab-case: additionalProperties is unknown-field."""
    names = {"additionalProperties": "unknown-field", "propertyNames": "bad-name"}
    keyword = "propertyNames" if "propertyNames" in error.schema_path else str(error.validator)
    kebab = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in keyword)
    return names.get(keyword, kebab)


def _shortened(text: str) -> str:
    """Return the text, cut where it would fill a screen."""
    return text if len(text) <= MAX_DETAIL else f"{text[: MAX_DETAIL - 1]}…"
