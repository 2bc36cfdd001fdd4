"""Work on waves: one transaction for each site, resumable at any line.

A site's state is written in the transaction of its change. Before it a worker notes that it begins,
so that a site which kills its worker is given up after a few tries; between two sites a wave can be
paused, cancelled, or stopped by its error rate.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils import timezone

from config.lib.attribution import Attribution, attributed
from config.lib.errors import DomainError, InvalidInput
from twin.choices import UpgradeItemStatus as Item
from twin.choices import UpgradeStatus as Status
from twin.models import Plan, Upgrade, UpgradeItem
from twin.planning.changes import EVERY
from twin.services.applying import apply_plan
from twin.services.planning import Wish, make_plan
from twin.services.upgrades import progress_of

log = structlog.get_logger(__name__)
MAX_ATTEMPTS = 3
# An error rate says something only once a few sites were tried.
MIN_TRIED = 5
LEFT_AFTER = timedelta(minutes=2)
INTERNAL = "Something went wrong inside of Atrium; the operators of the platform can see what."


def work_on(upgrade_id: UUID, *, at_most: int) -> bool:
    """Do the next sites of a wave, and say whether some are left for later."""
    for _ in range(at_most):
        item = _claim(upgrade_id)
        if item is None:
            _settle(upgrade_id)
            return False
        _do(item)
        _settle(upgrade_id)
    return True


def left_behind() -> list[UUID]:
    """Return the running waves at which nobody has worked for a while."""
    before = timezone.now() - LEFT_AFTER
    running = Upgrade.objects.filter(status=Status.RUNNING)
    idle = running.filter(Q(worked_at__lt=before) | Q(worked_at=None, created_at__lt=before))
    return list(idle.values_list("pk", flat=True))


@transaction.atomic
def _claim(upgrade_id: UUID) -> UpgradeItem | None:
    """Note that a worker begins with the next site, and return it; None if there is none."""
    running = Upgrade.objects.filter(pk=upgrade_id, status=Status.RUNNING)
    if not running.update(worked_at=timezone.now()):
        return None
    waiting = UpgradeItem.objects.filter(upgrade=upgrade_id, status=Item.WAITING)
    item = (
        waiting.select_for_update(skip_locked=True, of=("self",)).order_by("attempts", "pk").first()
    )
    if item is None:
        return None
    if item.attempts >= MAX_ATTEMPTS:
        _note(item, Item.FAILED, reason="Its worker ended each time before it was done.")
    UpgradeItem.objects.filter(pk=item.pk).update(attempts=F("attempts") + 1)
    return item


def _do(item: UpgradeItem) -> None:
    """Plan and apply one site; what goes wrong is its state, and never ends the wave."""
    try:
        with transaction.atomic():
            _upgrade_site(item.pk)
    except DomainError as error:
        _note(item, Item.FAILED, reason=_sentence(error))
    except (DatabaseError, ArithmeticError, LookupError, TypeError, ValueError):
        # The site's state tells the operator, the log tells us.
        log.exception("upgrade_item_failed", item=str(item.pk), site=str(item.site_id))
        _note(item, Item.FAILED, reason=INTERNAL)


def _upgrade_site(key: UUID) -> None:
    """Do one site in the transaction that is open; another worker that has it is let be."""
    items = UpgradeItem.objects.select_for_update(skip_locked=True, of=("self",))
    item = (
        items.select_related("upgrade__template_version__template", "site")
        .filter(pk=key, status=Item.WAITING)
        .first()
    )
    if item is None:
        return
    upgrade = item.upgrade
    actor = Attribution(upgrade.user_id, upgrade.application_id, origin="upgrade")
    with attributed(actor):
        if item.site.template_version_id == upgrade.template_version_id and not upgrade.parameters:
            _finish(item, Item.SKIPPED, reason="It has this version already.")
            return
        wish = Wish(
            template=upgrade.template_version.reference,
            parameters=upgrade.parameters or None,
            choices=({EVERY: upgrade.choice} if upgrade.choice else {}) | item.choices,
        )
        plan = make_plan(item.site, wish)
        _settle_item(item, plan, is_dry_run=upgrade.is_dry_run)


def _settle_item(item: UpgradeItem, plan: Plan, *, is_dry_run: bool) -> None:
    refused = [one for one in plan.changes if one["action"] == "refuse"]
    item.plan = plan
    if refused:
        others = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        first = f"{refused[0]['name']}: {refused[0]['reason']}"
        _finish(item, Item.CONFLICTS, reason=f"{first[:450]}{others}")
    elif is_dry_run:
        _finish(item, Item.PLANNED, reason="")
    else:
        apply_plan(plan)
        _finish(item, Item.APPLIED, reason="")


def _finish(item: UpgradeItem, status: Item, *, reason: str) -> None:
    item.status, item.reason = status, reason
    item.save(update_fields=["status", "reason", "plan", "updated_at"])


def _note(item: UpgradeItem, status: Item, *, reason: str) -> None:
    waiting = UpgradeItem.objects.filter(pk=item.pk, status=Item.WAITING)
    waiting.update(status=status, reason=reason[:500], updated_at=timezone.now())


def _sentence(error: DomainError) -> str:
    if isinstance(error, InvalidInput):
        return "; ".join(f"{one.pointer}: {one.detail}" for one in error.findings[:3])
    return str(error)


@transaction.atomic
def _settle(upgrade_id: UUID) -> None:
    """End the wave when all is done; stop it when too many fail."""
    upgrade = Upgrade.objects.select_for_update().get(pk=upgrade_id)
    if upgrade.status != Status.RUNNING:
        return
    progress = progress_of([upgrade_id])[upgrade_id]
    failed = progress[Item.FAILED]
    tried = failed + sum(progress[one] for one in (Item.PLANNED, Item.CONFLICTS, Item.APPLIED))
    if not progress[Item.WAITING]:
        upgrade.status = Status.COMPLETED
    elif tried >= MIN_TRIED and failed / tried > upgrade.max_failure_rate:
        upgrade.status = Status.STOPPED
        upgrade.reason = f"{failed} of {tried} sites failed: see them, then resume or cancel."
    else:
        return
    upgrade.finished_at = timezone.now()
    upgrade.save(update_fields=["status", "reason", "finished_at", "updated_at"])
