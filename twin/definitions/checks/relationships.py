"""Rules of the relationships: what they join exists."""

from collections.abc import Iterator, Mapping

from twin.definitions.findings import Finding, pointer
from twin.definitions.format import Definition


def relationship_findings(definition: Definition) -> Iterator[Finding]:
    """Yield what is wrong with the types of relationship."""
    for relationship in definition.relationships.values():
        at = ("relationships", relationship.key)
        yield from _end_findings(definition, relationship.source, at=(*at, "from"))
        yield from _end_findings(definition, relationship.target, at=(*at, "to"))


def _end_findings(
    definition: Definition, end: Mapping[str, frozenset[str]], *, at: tuple[str, ...]
) -> Iterator[Finding]:
    known = {"spaces": definition.kinds.keys(), "views": definition.views.keys()}
    for sort, names in known.items():
        for name in sorted(end.get(sort, frozenset()) - names):
            part, code = ("kinds", "kind") if sort == "spaces" else (sort, "view")
            detail = f"Define {name!r} under {part}, or leave it out."
            yield Finding(pointer(*at, sort), f"unknown-{code}", detail)
