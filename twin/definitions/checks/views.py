"""Rules of the views: members exist, and the rule can hold for something."""

from collections.abc import Iterator

from twin.definitions.checks.kinds import renaming_findings
from twin.definitions.checks.matching import possible_matches
from twin.definitions.findings import Finding, pointer
from twin.definitions.format import Definition, ViewDefinition
from twin.definitions.rules import Inside, Outside, Properties, Rule, walk_rule

Keys = frozenset[str] | None


def view_findings(definition: Definition, *, keys: Keys) -> Iterator[Finding]:
    """Yield what is wrong with the views; ``keys`` are a sample building's, None if none stands."""
    yield from renaming_findings("views", definition.views)
    for view in definition.views.values():
        yield from _member_findings(view, keys=keys)
        if view.rule is not None:
            yield from _rule_findings(definition, view, view.rule, keys=keys)


def _member_findings(view: ViewDefinition, *, keys: Keys) -> Iterator[Finding]:
    for place, member in enumerate(view.members):
        if keys is not None and member not in keys:
            detail = f"The layout has no space {member!r} with default parameters."
            yield Finding(pointer("views", view.key, "members", place), "unknown-member", detail)


def _rule_findings(
    definition: Definition, view: ViewDefinition, rule: Rule, *, keys: Keys
) -> Iterator[Finding]:
    at = pointer("views", view.key, "rule")
    faults = [fault for part in walk_rule(rule) for fault in _unknown(definition, part, keys=keys)]
    for code, detail in faults:
        yield Finding(at, code, detail)
    if not faults and possible_matches(definition, rule).is_nothing:
        detail = "No space and no device can ever fulfil this: the conditions exclude each other."
        yield Finding(at, "view-never-matches", detail)


def _unknown(definition: Definition, rule: Rule, *, keys: Keys) -> Iterator[tuple[str, str]]:
    """Yield the code and detail of each name in one condition that the definition lacks."""
    rule = rule.places if isinstance(rule, Outside) else rule
    for kind in sorted(getattr(rule, "kinds", frozenset()) - definition.kinds.keys()):
        yield "unknown-kind", f"The kind {kind!r} is not defined."
    named = rule.keys if isinstance(rule, Inside) and keys is not None else frozenset()
    for key in sorted(named - (keys or frozenset())):
        yield "unknown-member", f"The layout has no space {key!r} with default parameters."
    if isinstance(rule, Properties):
        known = {key for kind in definition.kinds.values() for key in kind.properties}
        for key in sorted({key for key, _ in rule.properties} - known):
            yield "unknown-property", f"No kind has the property {key!r}."
