"""What twin does in the background: occupancies are sealed, waves of upgrades go on."""

from uuid import UUID

from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.utils import timezone

from twin.models import Occupancy
from twin.services.occupancies import seal_occupancy
from twin.services.planning import forget_old_plans
from twin.services.upgrade_work import left_behind, work_on

# Few enough to end well within the time limit, however large the buildings are.
SITES_PER_TASK = 20


@shared_task(acks_late=True, soft_time_limit=300)
def seal_occupancies() -> None:
    """Seal the occupancies whose end has come since the last run."""
    over = Occupancy.objects.filter(sealed_at=None, period__endswith__lte=timezone.now())
    for occupancy in over.order_by("pk")[:1000]:
        seal_occupancy(occupancy)


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=280, time_limit=300)
def run_upgrade(upgrade_id: str) -> None:
    """Do the next sites of a wave, then hand the rest to the next task."""
    if work_on(UUID(upgrade_id), at_most=SITES_PER_TASK):
        run_upgrade.delay_on_commit(upgrade_id)


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=60)
def resume_upgrades() -> None:
    """Let workers go on with the waves that others left behind."""
    for key in left_behind():
        run_upgrade.delay_on_commit(str(key))


@shared_task(acks_late=True, soft_time_limit=60)
def forget_plans() -> None:
    """Delete plans that expired without being applied."""
    forget_old_plans()
