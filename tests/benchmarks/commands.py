"""A batch of commands to 5,000 devices behind a gateway: dry run, acceptance, the end of a wave.

``python -m tests.benchmarks.commands``: beside a bare COPY of as many commands, in the same run.
"""

import statistics
from functools import partial

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.lib.copying import copy_rows
from config.lib.ids import uuid7
from devices.models import Command, Device
from devices.services.commands.batches import BatchPlan, Trial, start_batch, try_batch
from devices.services.commands.reports import expire_commands
from devices.services.commands.wishes import Asker, Wish
from tests.benchmarks import scratch
from tests.devices.factories import make_gateway
from tests.factories import make_organisation, make_principal

DEVICES, ROUNDS = 5_000, 3
FIELDS = tuple(field.name for field in Command._meta.concrete_fields)
COLUMNS = [field.attname for field in Command._meta.concrete_fields]


def copied(trial: Trial) -> None:
    """Write the commands of a trial and nothing else, and take them back."""
    for command in trial.commands:
        command.pk = uuid7()
    rows = ([getattr(command, name) for name in COLUMNS] for command in trial.commands)
    with transaction.atomic():
        copy_rows(Command, fields=FIELDS, rows=rows)
        transaction.set_rollback(True)


def main() -> None:
    """Print the medians, and how acceptance compares with the bare COPY."""
    with scratch.database():
        organisation = make_organisation()
        kind = scratch.make_type(points=1)
        kind.actions.create(key="switch", name="Switch", parameters={"type": "object"})
        devices = scratch.make_devices(organisation, count=DEVICES, kind=kind)
        keys = [device.pk for device in devices]
        Device.objects.filter(type=kind).update(gateway=make_gateway(organisation))
        plan = BatchPlan(organisation.pk, {}, Wish("switch"), wave_size=500)
        asker = Asker(make_principal(organisation))
        started = partial(start_batch, keys, plan=plan, asker=asker)
        with CaptureQueriesContext(connection) as queries:
            started()
        scratch.say(f"{len(queries)} statements for {DEVICES} devices")
        trial = try_batch(keys, plan=plan, asker=asker)
        pairs = [
            (scratch.timed(started), scratch.timed(partial(copied, trial))) for _ in range(ROUNDS)
        ]
        used = scratch.busy(started)
        tried = scratch.median_s(partial(try_batch, keys, plan=plan, asker=asker), times=ROUNDS)
        Command.objects.update(due_at=timezone.now())
        expired = scratch.timed(expire_commands)
        count = Command.objects.filter(status="expired").count()
    accepted, bare = (statistics.median(times) for times in zip(*pairs, strict=True))
    scratch.say(f"dry run    {tried:6.2f} s")
    scratch.say(f"accepted   {accepted:6.2f} s  (at most 3 s; {used:.2f} s of processor time)")
    scratch.say(f"bare COPY  {bare:6.2f} s  with its triggers; ratio {accepted / bare:.1f}")
    scratch.say(f"expired    {count / expired:6,.0f} commands/s")


if __name__ == "__main__":
    main()
