"""What the page of a wave shows: how it stands, what may be done, and its sites."""

from typing import Any

from django.http import HttpRequest

from twin.choices import PlanStatus, UpgradeItemStatus, UpgradeStatus
from twin.models import Plan, Upgrade, UpgradeItem
from twin.planning.text import totals
from twin.selectors.upgrades import conflicts_of, with_refusals
from twin.services.upgrades import progress_of

SHOWN = 200
MOST_CONFLICTS = 20
CHOICES = [
    ("", "Leave those buildings alone; I decide on each of them"),
    ("keep-local", "Keep what was changed here"),
    ("take-template", "Take the template's"),
]


def standing(upgrade: Upgrade, request: HttpRequest) -> dict[str, Any]:
    """Return what the page of a wave shows (two queries)."""
    may = request.user.has_perm
    progress = progress_of([upgrade.pk])[upgrade.pk]
    status = request.GET.get("status", "")
    shown = status if status in UpgradeItemStatus.values else ""
    states = [(one, progress[one.value]) for one in UpgradeItemStatus]
    is_rehearsal = "Rehearsal of the upgrade" if upgrade.is_dry_run else "Upgrade"
    can_settle = may("twin.change_upgrade") and is_settleable(upgrade, progress)
    return {
        "title": f"{is_rehearsal} to {upgrade.template_version.reference}",
        "upgrade": upgrade,
        "progress": progress,
        "states": [(one, count) for one, count in states if count],
        "status": shown,
        "items": shown_items(upgrade, shown, can_settle=can_settle),
        "left_out": max(0, (progress[shown] if shown else progress["total"]) - SHOWN),
        "deeds": _deeds(upgrade),
        "choice": dict(CHOICES)[upgrade.choice],
        "is_running": upgrade.status == UpgradeStatus.RUNNING,
        "can_settle": can_settle,
        "may_steer": may("twin.change_upgrade"),
        "may_start": may("twin.add_upgrade"),
        "may_undo": may("twin.change_site"),
    }


def is_settleable(upgrade: Upgrade, progress: dict[str, Any]) -> bool:
    """Say whether choices can be made: a page that is drawn anew by itself would lose them."""
    is_still = upgrade.status not in {UpgradeStatus.RUNNING, UpgradeStatus.CANCELLED}
    return is_still and progress[UpgradeItemStatus.CONFLICTS] > 0


def shown_items(upgrade: Upgrade, status: str, *, can_settle: bool) -> list[dict[str, Any]]:
    """Return the first sites of a wave with what their plans say (one query)."""
    items = UpgradeItem.objects.filter(upgrade=upgrade).select_related("site", "plan")
    if status:
        items = items.filter(status=status)
    heavy = (f"plan__{name}" for name in (*Plan.HEAVY, "changes"))
    return [
        {
            "item": item,
            "totals": totals(item.plan.summary) if item.plan else "",
            "notes": item.plan.notes if item.plan else (),
            "is_undone": bool(item.plan and item.plan.status == PlanStatus.UNDONE),
            "can_undo": bool(item.plan and item.plan.status == PlanStatus.APPLIED),
            **_met(item, can_settle=can_settle),
        }
        for item in with_refusals(items.defer(*heavy)).order_by("pk")[:SHOWN]
    ]


def _met(item: UpgradeItem, *, can_settle: bool) -> dict[str, Any]:
    """Return what is in the way of a site in conflict, and how its choices are named."""
    if item.status != UpgradeItemStatus.CONFLICTS:
        return {}
    found = conflicts_of(item)
    return {
        "conflicts": found[:MOST_CONFLICTS],
        "more": max(0, len(found) - MOST_CONFLICTS),
        "field": f"choice:{item.site_id}" if can_settle else "",
    }


def _deeds(upgrade: Upgrade) -> list[tuple[str, str]]:
    """Return how a wave in its state can be steered."""
    if upgrade.status == UpgradeStatus.RUNNING:
        return [("pause", "Pause"), ("cancel", "Cancel")]
    if upgrade.status in {UpgradeStatus.PAUSED, UpgradeStatus.STOPPED}:
        return [("resume", "Resume"), ("cancel", "Cancel")]
    return []
