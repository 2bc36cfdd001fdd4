"""Validate a whole definition: schema first, then the rules no schema can say."""

from collections.abc import Iterator

from twin.definitions.checks.kinds import kind_findings
from twin.definitions.checks.layout import (
    layout_findings,
    raw_pattern_findings,
    sample_building,
    sample_findings,
)
from twin.definitions.checks.parameters import parameter_findings
from twin.definitions.checks.relationships import relationship_findings
from twin.definitions.checks.views import view_findings
from twin.definitions.documents import MAX_DEPTH, depth_of, too_deep
from twin.definitions.findings import Finding
from twin.definitions.format import Definition, Document, parse_definition
from twin.definitions.schema import document_findings


class InvalidDefinition(Exception):
    """A definition breaks the format's rules; carries every finding."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__("; ".join(f"{one.pointer}: {one.detail}" for one in findings[:3]))


def validate_definition(document: object) -> list[Finding]:
    """Return everything that is wrong with a definition, nothing if it may be published.

    Shape: findings in the order of the format's parts; rules are tried on documents that fit the
    schema only, and a sample building is made only of a layout that fits the rules.
    """
    if depth_of(document) > MAX_DEPTH:
        return [too_deep().finding]
    findings = list(document_findings(document))
    if findings or not isinstance(document, dict):
        return findings
    findings = list(raw_pattern_findings(document["layout"]))
    definition = parse_definition(document)
    findings += _rule_findings(definition)
    if findings:
        return [*findings, *view_findings(definition, keys=None)]
    return list(_sample_findings(definition))


def checked_definition(document: Document) -> Definition:
    """Return the definition of a document.

    Raises: InvalidDefinition, with all findings.
    """
    findings = validate_definition(document)
    if findings:
        raise InvalidDefinition(findings)
    return parse_definition(document)


def _rule_findings(definition: Definition) -> Iterator[Finding]:
    yield from kind_findings(definition)
    yield from parameter_findings(definition)
    yield from layout_findings(definition)
    yield from relationship_findings(definition)


def _sample_findings(definition: Definition) -> Iterator[Finding]:
    """Try the layout out, and the views on what it gives."""
    findings = list(sample_findings(definition))
    yield from findings
    if not findings:
        keys = frozenset(space.key for space in sample_building(definition))
        yield from view_findings(definition, keys=keys)
