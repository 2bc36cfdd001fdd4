"""Choices for the conflicts of a wave, site by site, before it begins or when it has met them."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.principals import Principal
from config.lib.errors import InvalidInput
from twin.choices import UpgradeItemStatus as Item
from twin.choices import UpgradeStatus as Status
from twin.errors import UpgradeOver
from twin.models import Plan, Site, Upgrade, UpgradeItem
from twin.services.planning import checked_choices
from twin.signals import upgrade_started

# What holds for every site that is not named.
ALL_SITES = "*"
NOT_IN = "This is no site of the wave that you may change and that is in conflict."
SiteChoices = Mapping[str, Mapping[str, str]]


def checked_site_choices(given: Mapping[str, Any], *, among: Collection[UUID]) -> SiteChoices:
    """Return the choices of each site by conflict.

    Raises: InvalidInput, pointing at ``#/choices/…``.
    """
    known = {ALL_SITES, *map(str, among)}
    faults, checked = [], {}
    for site, choices in given.items():
        if site not in known:
            faults.append((f"#/choices/{site}", "unknown-site", NOT_IN))
            continue
        try:
            checked[site] = checked_choices(choices)
        except InvalidInput as error:
            below = f"#/choices/{site}"
            faults += [
                (one.pointer.replace("#/choices", below, 1), one.code, one.detail)
                for one in error.findings
            ]
    if faults:
        raise InvalidInput(faults)
    return checked


def choices_of(choices: SiteChoices, site: UUID) -> dict[str, str]:
    """Return what was chosen for one site: its own choices go before those for all."""
    return {**choices.get(ALL_SITES, {}), **choices.get(str(site), {})}


@transaction.atomic
def settle_conflicts(
    upgrade: Upgrade, *, choices: Mapping[str, Any], principal: Principal | None = None
) -> Upgrade:
    """Choose for sites in conflict, and let the wave do them again: rehearse, or upgrade.

    Choices made before stay. Without ``principal`` nothing is asked about who may.
    Raises: InvalidInput (``#/choices/…``), UpgradeOver.
    """
    upgrade = Upgrade.objects.select_for_update(of=("self",)).get(pk=upgrade.pk)
    if upgrade.status == Status.CANCELLED:
        raise UpgradeOver(current=upgrade.status)
    items = {item.site_id: item for item in _in_conflict(upgrade, principal)}
    settled = checked_site_choices(choices, among=items)
    again = [item for site, item in items.items() if choices_of(settled, site)]
    if not again:
        raise InvalidInput([("#/choices", "none", "Choose for a site that is in conflict.")])
    for item in again:
        item.choices = {**item.choices, **choices_of(settled, item.site_id)}
        item.status, item.reason, item.attempts = Item.WAITING, "", 0
        item.updated_at = timezone.now()
    fields = ["choices", "status", "reason", "attempts", "updated_at"]
    UpgradeItem.objects.bulk_update(again, fields, batch_size=1_000)
    return _go_on(upgrade)


def note_applied(plan: Plan) -> None:
    """Let waves know of a site in conflict that got their version by a plan of its own."""
    met = UpgradeItem.objects.filter(
        site=plan.site_id,
        status=Item.CONFLICTS,
        upgrade__template_version=plan.template_version_id,
        upgrade__is_dry_run=False,
    )
    met.update(status=Item.APPLIED, reason="", plan=plan, updated_at=timezone.now())


def _in_conflict(upgrade: Upgrade, principal: Principal | None) -> list[UpgradeItem]:
    items = UpgradeItem.objects.filter(upgrade=upgrade, status=Item.CONFLICTS)
    if principal is not None:
        items = items.filter(site__in=Site.objects.changeable_by(principal).values("pk"))
    return list(items.select_for_update(of=("self",)).order_by("pk"))


def _go_on(upgrade: Upgrade) -> Upgrade:
    """Let workers do what waits again; a wave that is paused or stopped stays so."""
    if upgrade.status == Status.COMPLETED:
        upgrade.status, upgrade.finished_at = Status.RUNNING, None
        upgrade.save(update_fields=["status", "finished_at", "updated_at"])
    if upgrade.status == Status.RUNNING:
        upgrade_started.send(sender=Upgrade, upgrade=upgrade)
    return upgrade
