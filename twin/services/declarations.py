"""What a building is declared to be: a template with parameters and exceptions, or every space."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from twin.choices import VersionStatus
from twin.definitions.exceptions import apply_exceptions
from twin.definitions.findings import Finding, UnfitParameters
from twin.definitions.format import Definition
from twin.definitions.layout import PlannedSpace, cardinality_faults, expand_layout
from twin.definitions.parameters import resolve_parameters
from twin.definitions.specs import expand_spec
from twin.errors import invalid, invalid_field
from twin.models import Declaration, Site, TemplateVersion
from twin.planning.changes import Blueprint
from twin.planning.matching import match_keys
from twin.selectors.templates import definition_of, find_version

MAX_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Declared:
    """A building as it is declared, worked out: the values of parameters, and every space."""

    version: TemplateVersion | None
    definition: Definition | None
    spaces: list[PlannedSpace]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    exceptions: Mapping[str, Any] = field(default_factory=dict)
    spec: Mapping[str, Any] | None = None

    @property
    def blueprint(self) -> Blueprint:
        """Return what a merge needs of it."""
        return Blueprint(self.spaces, self.definition)


def usable_version(reference: str, *, organisation: UUID | None, field: str) -> TemplateVersion:
    """Return the published version that is named.

    Raises: InvalidInput, pointing at the field.
    """
    version = find_version(reference, organisation=organisation)
    if version is None:
        detail = f"There is no template {reference!r}. Name one as key@number; see templates/."
        raise invalid_field(field, "unknown-template", detail)
    if version.status != VersionStatus.PUBLISHED:
        detail = f"{reference} is {version.status}; only a published version can be built."
        raise invalid_field(field, "not-published", detail)
    return version


def declare(
    *,
    name: str,
    version: TemplateVersion | None,
    parameters: Mapping[str, Any] | None = None,
    exceptions: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
) -> Declared:
    """Work out a building from what was asked for; nothing is written.

    Raises: InvalidInput, with pointers such as ``#/parameters/floors``, ``#/exceptions/…/kind``
    and ``#/spec/spaces/0/name``.
    """
    definition = definition_of(version) if version else None
    try:
        if spec is not None:
            return _explicit(
                version, definition, spec=spec, parameters=parameters, exceptions=exceptions
            )
        if version is None or definition is None:
            return _nothing(parameters, exceptions)
        values = resolve_parameters(definition, parameters or {})
        laid_out = expand_layout(definition, parameters=values, site=name)
        spaces = apply_exceptions(definition, laid_out, exceptions=exceptions or {})
        _check_cardinalities(definition, spaces, at="#/parameters", what="These parameters break")
    except UnfitParameters as unfit:
        raise invalid(unfit.findings) from unfit
    return Declared(version, definition, spaces, values, exceptions or {})


def declared_before(site: Site) -> Declared | None:
    """Return what a site was last declared to be, None if it never was (two queries)."""
    return worked_out(site, Declaration.objects.filter(pk=site.pk).first())


def worked_out(site: Site, declaration: Declaration | None) -> Declared | None:
    """Return what a site is declared to be, worked out; no query once its version is known."""
    if site.template_version is None and declaration is None:
        return None
    version = site.template_version
    definition = definition_of(version) if version else None
    exceptions = declaration.exceptions if declaration else {}
    spec = declaration.spec if declaration else None
    if spec is not None:
        spaces = expand_spec(spec, definition=None)
    elif definition is not None:
        name = declaration.name if declaration else site.name
        spaces = expand_layout(definition, parameters=site.parameters, site=name)
        spaces = apply_exceptions(definition, spaces, exceptions=exceptions)
    else:
        spaces = []
    return Declared(version, definition, spaces, site.parameters, exceptions, spec)


def declare_next(
    site: Site,
    *,
    before: Declared | None,
    version: TemplateVersion | None,
    parameters: Mapping[str, Any] | None,
    exceptions: Mapping[str, Any] | None,
) -> Declared:
    """Work out what a site becomes of a version: what is not said stays as it was declared.

    Raises: InvalidInput.
    """
    if version is None:
        detail = "Name a template version, or send a spec: this site is an instance of none."
        raise invalid_field("template", "required", detail)
    definition = definition_of(version)
    kept = {k: v for k, v in site.parameters.items() if k in definition.parameters}
    values = {**kept, **(parameters or {})}
    if exceptions is None and before and before.exceptions:
        exceptions = _carried(before.exceptions, definition, parameters=values, name=site.name)
    return declare(name=site.name, version=version, parameters=values, exceptions=exceptions)


def remember(site: Site, declared: Declared) -> None:
    """Keep what a site is declared to be, as the old side of the next plan."""
    kept = {
        "name": site.name,
        "exceptions": dict(declared.exceptions),
        "spec": declared.spec,
    }
    Declaration.objects.update_or_create(site=site, defaults=kept)


def _carried(
    exceptions: Mapping[str, Any], definition: Definition, *, parameters: Any, name: str
) -> dict[str, Any]:
    """Return earlier exceptions under the keys and kinds of another version; lost ones go."""
    try:
        values = resolve_parameters(definition, parameters)
        spaces = expand_layout(definition, parameters=values, site=name)
    except UnfitParameters as unfit:
        raise invalid(unfit.findings) from unfit
    known = set(exceptions) | _above(exceptions)
    keys = {old: new for new, old in match_keys(spaces, known).items()}
    there = {space.key for space in spaces}
    kinds = {old: kind.key for kind in definition.kinds.values() for old in kind.renamed_from}
    carried = {}
    for key, given in exceptions.items():
        place = key if key in there else keys.get(key)
        if place is not None:
            kind = given.get("kind")
            renamed = {"kind": kinds.get(kind, kind)} if kind else {}
            carried[place] = {**given, **renamed}
    return carried


def _above(keys: Mapping[str, Any]) -> set[str]:
    """Return the keys of all that stands above: matching begins at the root."""
    return {
        "/".join(parts[:depth])
        for parts in (key.split("/") for key in keys)
        for depth in range(1, len(parts))
    }


def _explicit(
    version: TemplateVersion | None,
    definition: Definition | None,
    *,
    spec: Mapping[str, Any],
    parameters: Mapping[str, Any] | None,
    exceptions: Mapping[str, Any] | None,
) -> Declared:
    for name, given in (("parameters", parameters), ("exceptions", exceptions)):
        if given:
            raise invalid_field(name, "with-spec", f"A spec says all: leave {name} out.")
    spaces = expand_spec(spec, definition=definition)
    if definition:
        _check_cardinalities(definition, spaces, at="#/spec", what="This building breaks")
    return Declared(version, definition, spaces, spec=spec)


def _nothing(
    parameters: Mapping[str, Any] | None, exceptions: Mapping[str, Any] | None
) -> Declared:
    for name, given in (("parameters", parameters), ("exceptions", exceptions)):
        if given:
            raise invalid_field(name, "no-template", f"{name.capitalize()} need a template.")
    return Declared(None, None, [])


def _check_cardinalities(
    definition: Definition, spaces: list[PlannedSpace], *, at: str, what: str
) -> None:
    faults = [str(fault) for fault in cardinality_faults(definition, spaces)]
    if faults:
        detail = "{} the template's cardinalities: {}."
        raise invalid(
            Finding(at, "cardinality", detail.format(what, fault)) for fault in faults[:MAX_FAULTS]
        )
