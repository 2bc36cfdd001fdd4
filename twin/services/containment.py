"""What may stand where in a site: its template's kinds, cardinalities and properties."""

from typing import Any

from config.lib.errors import InvalidInput
from twin.definitions.format import Definition, Kind
from twin.definitions.schema import value_findings
from twin.errors import invalid, invalid_field
from twin.models import Site, Space
from twin.selectors.templates import site_definition

MAX_PROPERTIES = 100


def check_place(site: Site, *, kind: str, parent: Space | None, beside: int | None = None) -> None:
    """Refuse a kind that the site's template does not know, or does not let stand there.

    A free-form site knows no such rules.

    Args: beside, how many of the kind the parent holds already; counted if it is not given.
    Raises: InvalidInput.
    """
    definition = site_definition(site)
    if definition is None:
        return
    if kind not in definition.kinds:
        known = ", ".join(definition.kinds)
        detail = f"The site's template has no kind {kind!r}. It has: {known}."
        raise invalid_field("kind", "unknown-kind", detail)
    if parent is None:
        _check_root(definition, kind)
    else:
        _check_contained(definition, kind, parent=parent, beside=beside)


def check_properties(site: Site, *, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties if they fit the kind.

    Raises: InvalidInput, with a pointer to each that does not.
    """
    if len(properties) > MAX_PROPERTIES:
        raise invalid_field("properties", "too-many", f"Give at most {MAX_PROPERTIES} properties.")
    definition = site_definition(site)
    known = definition.kinds.get(kind) if definition else None
    if known:
        _check_known(known, properties)
    return properties


def _check_root(definition: Definition, kind: str) -> None:
    if definition.kinds[kind].is_root:
        return
    roots = ", ".join(key for key, one in definition.kinds.items() if one.is_root)
    detail = f"A {kind} cannot stand directly in the site. Name a parent; only {roots} can."
    raise invalid_field("parent", "not-a-root-kind", detail)


def _check_contained(
    definition: Definition, kind: str, *, parent: Space, beside: int | None
) -> None:
    above = definition.kinds.get(parent.kind)
    allowed = above.contains.get(kind) if above else None
    if above and allowed is None:
        holds = ", ".join(above.contains) or "nothing"
        detail = f"A {parent.kind} cannot contain a {kind}. It can contain: {holds}."
        raise invalid_field("parent", "containment-not-allowed", detail)
    if allowed is None or allowed.maximum is None:
        return
    if beside is None:
        beside = Space.objects.filter(parent=parent, kind=kind).count()
    if beside >= allowed.maximum:
        detail = f"This {parent.kind} holds all the {allowed.maximum} × {kind} that it can."
        raise invalid_field("parent", "cardinality", detail)


def _check_known(kind: Kind, properties: dict[str, Any]) -> None:
    """Refuse properties that the kind does not have, or whose values do not fit."""
    findings = []
    for key, value in properties.items():
        if key not in kind.properties:
            raise _unknown_property(kind, key)
        schema = kind.properties[key]["schema"]
        findings += value_findings(value, schema=schema, at=("properties", key))
    if findings:
        raise invalid(findings)


def _unknown_property(kind: Kind, key: str) -> InvalidInput:
    known = ", ".join(kind.properties) or "none"
    detail = f"A {kind.key} has no property {key!r}. It has: {known}."
    return invalid_field("properties", "unknown-property", detail)
