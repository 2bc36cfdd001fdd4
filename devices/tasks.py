"""What devices does by the clock."""

from uuid import UUID

from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.utils import timezone

from devices.services import (
    alarm_evaluation,
    alarm_life,
    alarm_watches,
    clocks,
    contact,
    imports,
    partitions,
    restatements,
    retention,
)
from devices.services import rollups as service
from devices.services.commands import batches, reports, sending
from devices.services.rollups import Share

# Long enough for a large backlog, short enough for a worker that is asked to stop.
REFRESH_SECONDS = 30.0
EVALUATE_SECONDS = 30.0
# Less than the broker waits before it gives a task to another worker.
DROP_SECONDS = 1_500.0


@shared_task(acks_late=True, soft_time_limit=60)
def make_partitions() -> None:
    """Make the time-series tables' months three ahead, so that no ingest has to."""
    partitions.ensure_ahead(timezone.now())


@shared_task(acks_late=True, soft_time_limit=1_740, time_limit=1_800)
def drop_old_readings() -> None:
    """Delete the readings that their organisations keep no longer; the rest the next time."""
    retention.drop_old_readings(now=timezone.now(), seconds=DROP_SECONDS)


@shared_task(acks_late=True, soft_time_limit=120)
def refresh_rollups(worker: int = 0, workers: int = 1) -> None:
    """Sum up what was recorded since; nothing to do while another worker has this share."""
    share = Share(worker, workers)
    with service.taken(share) as is_taken:
        if is_taken:
            service.refresh_rollups(share, seconds=REFRESH_SECONDS)


@shared_task(acks_late=True, soft_time_limit=50)
def sweep_contact() -> None:
    """Find gateways and devices that have been silent for too long."""
    contact.sweep_contact(now=timezone.now())


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=1_740, time_limit=1_800)
def run_import(import_id: str) -> None:
    """Check or apply an import, whichever it waits for; safe to run twice."""
    imports.run_import(UUID(import_id))


@shared_task(acks_late=True, soft_time_limit=60)
def resume_imports() -> None:
    """Hand the imports whose worker died to another, and forget codes nobody fetched."""
    for job in imports.stalled_imports():
        run_import.delay_on_commit(str(job.pk))
    imports.forget_unfetched_codes()


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=1_740, time_limit=1_800)
def turn_clocks_of_site(site: str) -> None:
    """Sum the hours, days and months of a site's devices up by its new clock."""
    clocks.turn_clocks_of_site(UUID(site))


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=1_740, time_limit=1_800)
def turn_clocks_of_organisation(organisation: str) -> None:
    """Do the same for devices that stand nowhere, whose clock is their organisation's."""
    clocks.turn_clocks_of_organisation(UUID(organisation))


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=1_740, time_limit=1_800)
def turn_clocks_of_devices(devices: list[str]) -> None:
    """Do the same for devices that moved, perhaps to a site with another clock."""
    clocks.turn_clocks_of_devices([UUID(key) for key in devices])


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=150, time_limit=170)
def send_command(command: str) -> None:
    """Send a command to its device, if it is due; safe to run twice."""
    sending.send_command(UUID(command))


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=30)
def send_due_commands() -> None:
    """Hand over the commands that wait for another attempt, or whose worker died."""
    for key in sending.due_commands():
        send_command.delay_on_commit(str(key))


@shared_task(acks_late=True, soft_time_limit=60)
def expire_commands() -> None:
    """End the commands that nobody ended in time."""
    reports.expire_commands()


@shared_task(acks_late=True, soft_time_limit=60)
def evaluate_alarms() -> None:
    """Look at what rules of alarms watch, as far as there is news or its time has come."""
    alarm_evaluation.evaluate_all(seconds=EVALUATE_SECONDS)
    alarm_life.escalate_alarms()


@shared_task(acks_late=True, soft_time_limit=300)
def sync_alarm_rules() -> None:
    """Work out again what rules are about whose places and views may have changed."""
    alarm_watches.sync_stale_rules()


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=300)
def start_alarm_rule(rule: str) -> None:
    """Work out what a rule is about that is new or was changed."""
    alarm_watches.start_rule(UUID(rule))


@shared_task(acks_late=True, soft_time_limit=60)
def advance_batches() -> None:
    """Start the next waves of batches whose last wave is over, or end them."""
    for key in batches.running_batches():
        batches.advance_batch(key)


@shared_task(acks_late=True, soft_time_limit=1_740, time_limit=1_800)
def restate_consumption() -> None:
    """Close the days and months that are over, and tell which closed ones have changed."""
    restatements.close_consumption(timezone.now())
    while restatements.restate_consumption():
        pass
