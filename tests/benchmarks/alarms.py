"""What rules of alarms cost: a sweep over a million watches, and the marks that ingest leaves.

``python -m tests.benchmarks.alarms [devices]``: makes that many devices (1,000,000 unless given)
in a database of its own, one in a thousand of them silent, and one rule about them all.
"""

import sys
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import Organisation
from devices.models import Alarm, AlarmMark, AlarmWatch, Device
from devices.services.alarm_evaluation import DUE, POSTPONE, evaluate_due, evaluate_marked
from devices.services.alarm_marks import MARK_NEWS
from devices.services.alarm_watches import sync_rule
from devices.services.readings import record_readings
from devices.signals import readings_recorded
from tests import factories
from tests.benchmarks import scratch
from tests.benchmarks.sweep import ask, explain
from tests.devices.factories import make_device, make_fleet, make_rule, make_type

DEVICES, METERS, ROUNDS = 1_000_000, 500, 15
FILL_SQL = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO twin_node (id, kind, organisation_id)
    SELECT gen_random_uuid(), 'device', %(organisation)s
    FROM generate_series(1, %(count)s);
    INSERT INTO devices_device (id, created_at, updated_at, organisation_id, type_id, asset_id,
        fleet_id, name, reported_name, status, tags, last_seen_at)
    SELECT id, now(), now(), %(organisation)s, %(kind)s, gen_random_uuid(), %(fleet)s,
        'Meter ' || n, '', 'online', '{}',
        %(now)s - (CASE WHEN n %% 1000 = 0 THEN 4000 ELSE n %% 3000 END) * interval '1 second'
    FROM (SELECT id, row_number() OVER () AS n FROM twin_node WHERE kind = 'device'
          AND id NOT IN (SELECT id FROM devices_device)) found;
"""


def sweep_all() -> None:
    """Look at all that is due."""
    while evaluate_due():
        pass


def sweep(organisation: Organisation, devices: int) -> None:
    """Measure the sweep of a rule about many devices."""
    kind, fleet, now = make_type(), make_fleet(organisation), timezone.now()
    keys = {"organisation": organisation.pk, "kind": kind.pk, "fleet": fleet.pk}
    ask(FILL_SQL, count=devices, now=now, **keys)
    ask("VACUUM ANALYZE devices_device")
    rule = make_rule(fleet, condition="silence", period_s=3600)
    scratch.say(
        f"{devices:,} devices; to watch them: {scratch.timed(lambda: sync_rule(rule)):.1f} s"
    )
    ask("VACUUM ANALYZE devices_alarmwatch")
    first = scratch.timed(sweep_all)
    scratch.say(f"sweep with all of them due, {Alarm.objects.count():,} silent: {first:.1f} s")
    ask("VACUUM ANALYZE devices_alarmwatch")
    idle = scratch.median_s(evaluate_due, times=5)
    scratch.say(f"sweep with none due: median {idle * 1000:.1f} ms")
    soon = timezone.now() + timedelta(seconds=60)
    explain(POSTPONE, now=soon, most=100_000)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF) {DUE}", [timezone.now(), 2_000])
        for (line,) in cursor.fetchall():
            scratch.say(line)


def batches(meters: list[Device]) -> Any:
    """Return what records one batch of twenty readings of each meter, later with each call."""
    times = iter(range(1, 10_000))

    def record() -> None:
        at = timezone.now() - timedelta(days=2) + timedelta(seconds=40 * next(times))
        named = [{"device": str(meter.pk), "point": "active_power"} for meter in meters]
        readings = [
            {**one, "time": at + timedelta(seconds=n), "value": float(n)}
            for n in range(20)
            for one in named
        ]
        record_readings(readings, devices=Device.objects.all())

    return record


def ingest(organisation: Organisation) -> None:
    """Compare ingest without marks, with none to leave, and with one for each device."""
    kind, fleet = make_type(), make_fleet(organisation)
    meters = [make_device(organisation, type=kind) for _ in range(METERS)]
    Device.objects.filter(pk__in=[meter.pk for meter in meters]).update(fleet=fleet)
    record = batches(meters)
    record()
    marking = [one for one in readings_recorded.receivers if one[0][0] == "devices.mark_recorded"]
    readings_recorded.receivers = [x for x in readings_recorded.receivers if x not in marking]
    readings_recorded.sender_receivers_cache.clear()
    bare = scratch.median_s(record, times=ROUNDS)
    readings_recorded.receivers += marking
    readings_recorded.sender_receivers_cache.clear()
    unwatched = scratch.median_s(record, times=ROUNDS)
    sync_rule(make_rule(fleet, limit=1000.0))
    watched = scratch.median_s(record, times=ROUNDS)
    scratch.say(
        f"a batch of {20 * METERS:,} readings of {METERS} meters: {bare * 1000:.0f} ms without "
        f"marks, {unwatched / bare:.3f} of it unwatched, {watched / bare:.3f} of it watched"
    )
    marks, watches = AlarmMark.objects.count(), AlarmWatch.objects.filter(is_fed=True).count()
    seconds = scratch.timed(lambda: [None for _ in iter(evaluate_marked, 0)])
    scratch.say(f"{marks:,} marks, {watches:,} watches looked at: {seconds:.2f} s")
    explain(MARK_NEWS.replace("%s", "%(devices)s"), devices=[meter.pk for meter in meters])


def main(devices: int) -> None:
    """Run the benchmark and print the figures and the plans."""
    with scratch.database():
        organisation = factories.make_organisation()
        ingest(organisation)
        sweep(organisation, devices)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else DEVICES)
