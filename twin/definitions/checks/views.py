"""Rules of the views: members exist, and the rule can hold for something."""

from collections.abc import Iterable, Iterator

from twin.definitions.checks.kinds import renaming_findings
from twin.definitions.checks.matching import possible_matches
from twin.definitions.findings import Finding, pointer
from twin.definitions.format import Definition, ViewDefinition
from twin.definitions.rules import Inside, Kinds, Outside, Properties, Rule, locate_rule

Keys = frozenset[str] | None
# Where below the condition, which rule, and what to do.
Fault = tuple[tuple[str, ...], str, str]
NO_SPACE = (
    "The layout has no space {!r} with default parameters: name one that it always has, "
    "or a kind instead."
)


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
            at = pointer("views", view.key, "members", place)
            yield Finding(at, "unknown-member", NO_SPACE.format(member))


def _rule_findings(
    definition: Definition, view: ViewDefinition, rule: Rule, *, keys: Keys
) -> Iterator[Finding]:
    at = ("views", view.key, "rule")
    faults = [
        Finding(pointer(*at, *path, *field), code, detail)
        for path, part in locate_rule(rule)
        for field, code, detail in _unknown(definition, part, keys=keys)
    ]
    yield from faults
    if not faults and possible_matches(definition, rule).is_nothing:
        detail = (
            "No space and no device can ever fulfil this: its conditions exclude each other, or "
            "ask for a value that the property cannot have. Loosen one, or join them by any."
        )
        yield Finding(pointer(*at), "view-never-matches", detail)


def _unknown(definition: Definition, rule: Rule, *, keys: Keys) -> Iterator[Fault]:
    """Yield each name in one condition that the definition lacks."""
    if isinstance(rule, Kinds):
        yield from _unknown_kinds(definition, rule.kinds, at=("kinds",))
    if isinstance(rule, Properties):
        known = {key for kind in definition.kinds.values() for key in kind.properties}
        for key in sorted({key for key, _ in rule.properties} - known):
            detail = f"No kind has the property {key!r}: define it there, or leave it out."
            yield ("properties", key), "unknown-property", detail
    if isinstance(rule, Inside | Outside):
        field = "outside" if isinstance(rule, Outside) else "inside"
        places = rule.places if isinstance(rule, Outside) else rule
        yield from _unknown_kinds(definition, places.kinds, at=(field, "kinds"))
        for key in sorted(places.keys - keys) if keys is not None else ():
            yield (field, "keys"), "unknown-member", NO_SPACE.format(key)


def _unknown_kinds(
    definition: Definition, named: Iterable[str], *, at: tuple[str, ...]
) -> Iterator[Fault]:
    for kind in sorted(set(named) - definition.kinds.keys()):
        yield at, "unknown-kind", f"Define the kind {kind!r}, or leave it out."
