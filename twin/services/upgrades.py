"""Waves, which bring many sites to a template version: started, steered, and how far they are.

Workers do them site by site (``upgrade_work``).
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from accounts.principals import Principal
from accounts.tenancy import acting_organisation
from config.lib.attribution import Attribution, current
from config.lib.copying import copy_rows
from config.lib.errors import InvalidInput
from config.lib.ids import uuid7
from twin.choices import UpgradeItemStatus as Item
from twin.choices import UpgradeStatus as Status
from twin.errors import UpgradeOver, invalid_field
from twin.models import Site, TemplateVersion, Upgrade, UpgradeItem
from twin.selectors.templates import find_version
from twin.services.declarations import usable_version
from twin.services.upgrade_choices import (
    SiteChoices,
    checked_site_choices,
    choices_of,
)
from twin.signals import upgrade_started

MAX_SITES = 10_000
ITEM_FIELDS = (
    *("id", "created_at", "updated_at", "upgrade", "organisation", "site"),
    *("status", "reason", "choices", "attempts"),
)


@transaction.atomic
def start_upgrade(
    *,
    principal: Principal,
    template: str,
    organisation: UUID | None = None,
    sites: Collection[UUID] | None = None,
    current_template: str = "",
    choices: Mapping[str, Any] | None = None,
    **options: Any,
) -> Upgrade:
    """Begin a wave: over the sites named, or over all of a template that the caller may change.

    Args: choices by site, each one word or one for each conflict; options are ``choice``,
    ``parameters``, ``is_dry_run`` and ``max_failure_rate``.
    Raises: InvalidInput (``#/template``, ``#/sites/…``, ``#/choices/…``), OrganisationRequired,
    RoleMissing.
    """
    tenant = acting_organisation(principal, organisation)
    version = usable_version(template, organisation=tenant, field="template")
    chosen = _chosen(principal, tenant, sites, key=version.template.key, current=current_template)
    settled = checked_site_choices(choices or {}, among=chosen)
    return begin_wave(
        organisation=tenant, version=version, sites=chosen, choices=settled, **options
    )


@transaction.atomic
def begin_wave(
    *,
    organisation: UUID,
    version: TemplateVersion,
    sites: Iterable[UUID],
    choices: SiteChoices | None = None,
    **options: Any,
) -> Upgrade:
    """Begin a wave over these sites of the organisation; options as of `start_upgrade`."""
    actor = current() or Attribution()
    upgrade = Upgrade(
        organisation_id=organisation,
        template_version=version,
        user_id=actor.user,
        application_id=actor.application,
        **options,
    )
    upgrade.save(force_insert=True)
    now = timezone.now()
    rows = (
        (*(uuid7(), now, now, upgrade.pk, organisation, site, Item.WAITING.value, ""), own, 0)
        for site in sites
        for own in [choices_of(choices or {}, site)]
    )
    copy_rows(UpgradeItem, fields=ITEM_FIELDS, rows=rows)
    upgrade_started.send(sender=Upgrade, upgrade=upgrade)
    return upgrade


def begin_again(rehearsal: Upgrade) -> Upgrade:
    """Begin in earnest what was rehearsed: the same sites, version and options."""
    own = rehearsal.items.exclude(choices={}).values_list("site", "choices")
    tenant, reference = rehearsal.organisation_id, rehearsal.template_version.reference
    return begin_wave(
        organisation=tenant,
        version=usable_version(reference, organisation=tenant, field="template"),
        sites=rehearsal.items.order_by("pk").values_list("site", flat=True),
        choices={str(site): choices for site, choices in own},
        choice=rehearsal.choice,
        parameters=rehearsal.parameters,
        max_failure_rate=rehearsal.max_failure_rate,
    )


@transaction.atomic
def steer_upgrade(upgrade: Upgrade, *, to: Status) -> Upgrade:
    """Pause a wave, let it go on, or cancel what is left of it.

    Raises: UpgradeOver.
    """
    upgrade = Upgrade.objects.select_for_update(of=("self",)).get(pk=upgrade.pk)
    if upgrade.status not in {Status.RUNNING, Status.PAUSED, Status.STOPPED}:
        raise UpgradeOver(current=upgrade.status)
    if upgrade.status == to:
        return upgrade
    upgrade.status, upgrade.reason = to, ""
    upgrade.finished_at = timezone.now() if to == Status.CANCELLED else None
    upgrade.save(update_fields=["status", "reason", "finished_at", "updated_at"])
    if to == Status.CANCELLED:
        waiting = UpgradeItem.objects.filter(upgrade=upgrade, status=Item.WAITING)
        waiting.update(status=Item.SKIPPED, reason="Cancelled.", updated_at=timezone.now())
    elif to == Status.RUNNING:
        upgrade_started.send(sender=Upgrade, upgrade=upgrade)
    return upgrade


def progress_of(upgrades: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the counts by state and the percentage done of each wave (one query)."""
    counts: dict[UUID, dict[str, int]] = {key: {} for key in upgrades}
    rows = UpgradeItem.objects.filter(upgrade__in=list(upgrades)).order_by()
    for key, status, count in rows.values_list("upgrade", "status").annotate(Count("pk")):
        counts[key][status] = count
    return {key: _progress(found) for key, found in counts.items()}


def _progress(counts: Mapping[str, int]) -> dict[str, Any]:
    total = sum(counts.values())
    done = total - counts.get(Item.WAITING, 0)
    by_state = {status.value: counts.get(status, 0) for status in Item}
    return {"total": total, "percent": 100 * done // total if total else 100, **by_state}


def _chosen(
    principal: Principal,
    tenant: UUID,
    sites: Collection[UUID] | None,
    *,
    key: str,
    current: str,
) -> list[UUID]:
    """Return the sites of the wave, all of which the caller may change."""
    mine = Site.objects.changeable_by(principal).filter(organisation=tenant)
    if sites is not None:
        found = set(mine.filter(pk__in=sites).values_list("pk", flat=True))
        detail = "There is no such site that you may change, in this organisation."
        faults = [
            (f"#/sites/{place}", "unknown-site", detail)
            for place, site in enumerate(sites)
            if site not in found
        ]
        if faults:
            raise InvalidInput(faults)
        return list(dict.fromkeys(sites))
    mine = mine.filter(template_version__template__key=key)
    if current:
        version = _version_of_sites(current, tenant)
        mine = mine.filter(template_version=version)
    chosen = list(mine.order_by("pk").values_list("pk", flat=True)[: MAX_SITES + 1])
    if not chosen:
        raise invalid_field("sites", "none", "No site that you may change is of this template.")
    if len(chosen) > MAX_SITES:
        raise invalid_field("sites", "too-many", f"Upgrade at most {MAX_SITES:,} sites at once.")
    return chosen


def _version_of_sites(reference: str, tenant: UUID) -> UUID:
    """Return the version that sites may still have, deprecated or not.

    Raises: InvalidInput, pointing at ``#/current_template``.
    """
    version = find_version(reference, organisation=tenant)
    if version is None:
        raise invalid_field("current_template", "unknown-template", f"There is no {reference!r}.")
    return version.pk
