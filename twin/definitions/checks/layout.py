"""Rules of the layout: kinds stand where they may, keys are unique, a sample building holds."""

from collections.abc import Iterator

from twin.definitions.checks.parameters import PREFIX
from twin.definitions.findings import Finding, UnfitParameters
from twin.definitions.format import Definition, LayoutSpace
from twin.definitions.layout import PlannedSpace, cardinality_faults, expand_layout
from twin.definitions.parameters import sample_parameters
from twin.definitions.patterns import pattern_findings
from twin.definitions.schema import value_findings

MAX_FAULTS = 20


def layout_findings(definition: Definition) -> Iterator[Finding]:
    """Yield what is wrong with the layout as it is written."""
    for space in definition.layout:
        kind = definition.kinds.get(space.kind)
        if kind and not kind.is_root:
            detail = f"{space.kind!r} may not stand directly in the site: mark it with root: true."
            yield Finding(f"{space.pointer}/kind", "not-a-root-kind", detail)
        yield from _space_findings(definition, space, rows=())


def sample_building(definition: Definition) -> list[PlannedSpace]:
    """Return the building that the sample parameters give.

    Raises: UnfitParameters, as `expand_layout`.
    """
    return expand_layout(definition, parameters=sample_parameters(definition), site="Site")


def sample_findings(definition: Definition) -> Iterator[Finding]:
    """Yield what is wrong with the building that the sample parameters give."""
    try:
        spaces = sample_building(definition)
    except UnfitParameters as invalid:
        yield from (
            Finding("#/layout", fault.code, f"With default parameters: {fault.detail}")
            for fault in invalid.findings
        )
        return
    yield from _renaming_findings(spaces)
    for number, fault in enumerate(cardinality_faults(definition, spaces)):
        if number == MAX_FAULTS:
            return
        detail = f"With default parameters {fault}: change the layout or the cardinality."
        yield Finding("#/layout", "layout-breaks-cardinality", detail)


def _renaming_findings(spaces: list[PlannedSpace]) -> Iterator[Finding]:
    """Yield the former keys that are still in use, or that two spaces claim."""
    living = {space.key for space in spaces}
    claimed: dict[str, str] = {}
    for space in spaces:
        above = f"{space.parent}/" if space.parent else ""
        for former in (one if "/" in one else f"{above}{one}" for one in space.former):
            if former in living:
                detail = f"{space.key} says in renamed_from that it was {former}, which is another"
                yield Finding("#/layout", "renamed-from-living", f"{detail} space: leave it out.")
            elif former in claimed:
                detail = f"{claimed[former]} and {space.key} both say that they were {former}"
                yield Finding("#/layout", "renamed-twice", f"{detail}: leave one out.")
            claimed.setdefault(former, space.key)


def _space_findings(
    definition: Definition, space: LayoutSpace, *, rows: tuple[str, ...]
) -> Iterator[Finding]:
    """Check one space and everything below it; ``rows`` are the repetitions around it."""
    kind = definition.kinds.get(space.kind)
    if kind is None:
        detail = f"Define the kind {space.kind!r} or use one that exists."
        yield Finding(f"{space.pointer}/kind", "unknown-kind", detail)
        return
    yield from _row_findings(space, rows=rows)
    inner = (*rows, space.index) if space.count else rows
    yield from _pattern_findings(space, rows=inner)
    yield from _property_findings(definition, space, rows=inner)
    for child in space.children:
        if child.kind in definition.kinds and child.kind not in kind.contains:
            detail = f"A {space.kind} may not contain a {child.kind}: allow it under contains."
            yield Finding(f"{child.pointer}/kind", "containment-not-allowed", detail)
        yield from _space_findings(definition, child, rows=inner)


def _row_findings(space: LayoutSpace, *, rows: tuple[str, ...]) -> Iterator[Finding]:
    """Check how a space is repeated."""
    if space.count is None:
        return
    if space.index in rows:
        detail = f"The index {space.index!r} is taken further up: name it with index."
        yield Finding(f"{space.pointer}/index", "repeated-index", detail)
    if space.count.per and space.count.per not in rows:
        known = ", ".join(rows) or "none"
        detail = f"No repetition {space.count.per!r} is around this space; there is: {known}."
        yield Finding(f"{space.pointer}/count/per", "unknown-row", detail)
    if space.index not in space.key.variables:
        detail = f"Repeated spaces need {{{space.index}}} in their key, or it is there twice."
        yield Finding(f"{space.pointer}/key", "duplicate-key", detail)


def _pattern_findings(space: LayoutSpace, *, rows: tuple[str, ...]) -> Iterator[Finding]:
    """Check that keys use running numbers only, and names nothing unknown."""
    keys = [("key", space.key), *(("renamed_from", one) for one in space.renamed_from)]
    for field, key in keys:
        for variable in sorted(key.variables - set(rows)):
            detail = f"A key may use the running numbers around it only, not {variable!r}."
            yield Finding(f"{space.pointer}/{field}", "unknown-variable", detail)
    for variable in sorted(space.name.variables - {*rows, "site"}):
        if not variable.startswith(PREFIX):
            known = ", ".join((*rows, "site"))
            detail = f"The variable {variable!r} is unknown here; known: {known}."
            yield Finding(f"{space.pointer}/name", "unknown-variable", detail)


def _property_findings(
    definition: Definition, space: LayoutSpace, *, rows: tuple[str, ...]
) -> Iterator[Finding]:
    """Check that the kind has the property, and that a fixed value fits it."""
    known = definition.kinds[space.kind].properties
    for key, value in space.properties.items():
        at = f"{space.pointer}/properties/{key}"
        if key not in known:
            detail = f"The kind {space.kind!r} has no property {key!r}: define it there."
            yield Finding(at, "unknown-property", detail)
        elif not isinstance(value, dict):
            yield from _relocated(value_findings(value, schema=known[key]["schema"], at=()), at=at)
        elif "index" in value and value["index"] not in rows:
            there = ", ".join(rows) or "none"
            detail = f"No repetition {value['index']!r} is around it; there is: {there}."
            yield Finding(at, "unknown-variable", detail)


def _relocated(findings: list[Finding], *, at: str) -> Iterator[Finding]:
    """Yield the findings with their pointers below another one."""
    for finding in findings:
        yield Finding(at + finding.pointer.removeprefix("#"), finding.code, finding.detail)


def raw_pattern_findings(documents: object, *, at: str = "#/layout") -> Iterator[Finding]:
    """Yield what is wrong with the spelling of the patterns in the layout's document."""
    for place, document in enumerate(documents if isinstance(documents, list) else ()):
        here = f"{at}/{place}"
        for field in ("key", "name"):
            if field in document:
                yield from pattern_findings(document[field], at=f"{here}/{field}")
        for nth, text in enumerate(document.get("renamed_from", ())):
            yield from pattern_findings(text, at=f"{here}/renamed_from/{nth}")
        yield from raw_pattern_findings(document.get("children"), at=f"{here}/children")
