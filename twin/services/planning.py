"""Make plans: what shall become of a site, worked out and kept until it is applied."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from twin.contents import count_contents
from twin.errors import invalid_field
from twin.models import Plan, Site, TemplateVersion
from twin.planning.changes import BOTH, EVERY, Choices, Live, Outcome, summary_of
from twin.planning.edges import asks_for_edges
from twin.planning.merge import merge
from twin.selectors.topology import Snapshot, read_building, read_edges, read_wider_views
from twin.services.declarations import (
    Declared,
    declare,
    declare_next,
    declared_before,
    usable_version,
)
from twin.services.work import dump_work

LIFE = timedelta(hours=24)
KEPT_EXPIRED = timedelta(days=7)
MAX_CHOICES = 10_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a site: a template version, or a spec; how conflicts are settled.

    ``choices`` is one word for all conflicts, or one by the name of each (``*`` for the others).
    ``relocate`` leads from a space that goes, by key or id, to where its contents go. What is None
    stays as the site was declared.
    """

    template: str = ""
    parameters: Mapping[str, Any] | None = None
    exceptions: Mapping[str, Any] | None = None
    spec: Mapping[str, Any] | None = None
    choices: Any = field(default_factory=dict)
    relocate: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return what was asked for, without what was not."""
        names = ("template", "parameters", "exceptions", "spec", "choices", "relocate")
        given = {name: getattr(self, name) for name in names}
        return {name: value for name, value in given.items() if value}


@transaction.atomic
def make_plan(site: Site, wish: Wish) -> Plan:
    """Work out what leads a site to what is asked for, and keep it as a plan.

    Nothing of the building is written. A constant number of queries, whatever its size.
    Raises: InvalidInput (``#/template``, ``#/parameters/…``, ``#/exceptions/…``, ``#/spec/…``,
    ``#/choices/…``).
    """
    site = Site.objects.select_related("template_version__template").get(pk=site.pk)
    choices = checked_choices(wish.choices)
    before = declared_before(site)
    declared = _declared(site, wish, before=before)
    snapshot = read_building(site.pk)
    outcome = merge(
        base=before.blueprint if before else None,
        theirs=declared.blueprint,
        live=_in_full(site, snapshot.live, before=before, declared=declared),
        contents=count_contents,
        choices=choices,
        relocate=wish.relocate,
    )
    return keep_plan(
        site,
        request={**wish.as_json(), "declared": _declaration(declared)},
        version=declared.version,
        parameters=declared.parameters,
        snapshot=snapshot,
        outcome=outcome,
    )


def _in_full(site: Site, live: Live, *, before: Declared | None, declared: Declared) -> Live:
    """Return the building with its relationships, if some of them may have to go, and with the
    views across sites, if some may name what is called otherwise then.
    """
    base, definition = before.definition if before else None, declared.definition
    if asks_for_edges(base, definition):
        live = replace(live, edges=read_edges(site.pk, live))
    if definition and any(kind.renamed_from for kind in definition.kinds.values()):
        live = replace(live, wider=read_wider_views(site.organisation_id))
    return live


def forget_old_plans() -> int:
    """Delete the plans that expired without being applied, and return how many they were."""
    over = Plan.objects.filter(status="open", expires_at__lt=timezone.now() - KEPT_EXPIRED)
    deleted, _ = over.filter(upgrade_items=None).delete()
    return deleted


def checked_choices(given: Any) -> Choices:
    """Return the choices by conflict.

    Raises: InvalidInput, pointing at what is no choice.
    """
    choices = {EVERY: given} if isinstance(given, str) else given or {}
    if not isinstance(choices, Mapping) or len(choices) > MAX_CHOICES:
        detail = f"Send one of {', '.join(BOTH)}, or an object from conflicts to choices."
        raise invalid_field("choices", "invalid", detail)
    for conflict, choice in choices.items():
        if choice not in BOTH:
            place = conflict.replace("~", "~0").replace("/", "~1")
            at = "choices" if isinstance(given, str) else f"choices/{place}"
            raise invalid_field(at, "invalid-choice", f"Choose one of: {', '.join(BOTH)}.")
    return choices


def _declared(site: Site, wish: Wish, *, before: Declared | None) -> Declared:
    version = _version(site, wish.template)
    if wish.spec is not None:
        return declare(
            name=site.name,
            version=version,
            spec=wish.spec,
            parameters=wish.parameters,
            exceptions=wish.exceptions,
        )
    return declare_next(
        site,
        before=before,
        version=version,
        parameters=wish.parameters,
        exceptions=wish.exceptions,
    )


def _version(site: Site, reference: str) -> TemplateVersion | None:
    """Return the version that is asked for; the site's own may have been deprecated since."""
    current = site.template_version
    if not reference or (current and current.reference == reference):
        return current
    return usable_version(reference, organisation=site.organisation_id, field="template")


def keep_plan(
    site: Site,
    *,
    request: dict[str, Any],
    version: TemplateVersion | None,
    parameters: Mapping[str, Any],
    snapshot: Snapshot,
    outcome: Outcome,
) -> Plan:
    """Keep a plan; applied, it makes the site an instance of the version with the parameters."""
    plan = Plan(
        site=site,
        organisation_id=site.organisation_id,
        template_version=version,
        request=request,
        parameters=dict(parameters),
        changes=[change.as_json() for change in outcome.changes],
        summary=summary_of(outcome.changes),
        notes=outcome.notes,
        work=dump_work(outcome.work),
        base=_base(snapshot),
        fingerprint=snapshot.fingerprint,
        expires_at=timezone.now() + LIFE,
    )
    plan.save(force_insert=True)
    return plan


def _declaration(declared: Declared) -> dict[str, Any]:
    return {"exceptions": dict(declared.exceptions), "spec": declared.spec}


def _base(snapshot: Snapshot) -> dict[str, list[str]]:
    """Return each row's name and the beginning of its mark, to tell later what has changed."""
    live = snapshot.live
    named: list[Any] = [*live.spaces.values(), *live.views.values()]
    return {str(one.id): [one.name, snapshot.marks[one.id][:8]] for one in named}
