"""How long it takes to find the silent among a million devices.

``python -m tests.benchmarks.sweep [devices]``: makes that many devices (1,000,000 unless given)
that spoke within the hour, one in a thousand of them longer ago, in a database of its own.
"""

import sys
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from devices.services.contact import SILENT_SQL, sweep_contact
from tests import factories
from tests.benchmarks import scratch
from tests.devices.factories import make_fleet, make_type

DEVICES, ROUNDS = 1_000_000, 5
# The keys of what hangs on a device are not looked at here, and triggers have benchmarks elsewhere.
FILL_SQL = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO devices_device (id, created_at, updated_at, organisation_id, type_id, asset_id,
        fleet_id, name, reported_name, status, tags, last_seen_at)
    SELECT gen_random_uuid(), now(), now(), %(organisation)s, %(kind)s, gen_random_uuid(),
        %(fleet)s, 'Meter ' || n, 'Meter ' || n, 'online', '{"floor": "3", "medium": "heat"}',
        %(now)s - (CASE WHEN n %% 1000 = 0 THEN 4000 ELSE n %% 3000 END) * interval '1 second'
    FROM generate_series(1, %(count)s) n;
"""
SILENCE_SQL = "UPDATE devices_device SET status = 'online' WHERE status = 'offline'"


def explain(sql: str, **values: Any) -> None:
    """Print the plan of a statement with its times."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}", values)
        for (line,) in cursor.fetchall():
            scratch.say(line)


def ask(sql: str, **values: Any) -> None:
    """Run a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def main(devices: int) -> None:
    """Run the benchmark and print the figures and the plan."""
    with scratch.database():
        organisation = factories.make_organisation()
        kind, fleet = make_type(), make_fleet(organisation)
        now = timezone.now()
        keys = {"organisation": organisation.pk, "kind": kind.pk, "fleet": fleet.pk}
        ask(FILL_SQL, count=devices, now=now, **keys)
        # As autovacuum leaves it.
        ask("VACUUM ANALYZE devices_device")
        swept, first = sweep_contact(now=now), 0.0
        scratch.say(f"{devices:,} devices, {swept.devices:,} of them silent")
        for _ in range(ROUNDS):
            ask(SILENCE_SQL)
            first = max(first, scratch.timed(lambda: sweep_contact(now=now)))
        idle = scratch.median_s(lambda: sweep_contact(now=now), times=ROUNDS)
        scratch.say(
            f"sweep that finds {swept.devices:,}, with events: {first * 1000:.0f} ms at most"
        )
        scratch.say(f"sweep that finds nothing: median {idle * 1000:.0f} ms")
        bare = "SELECT count(*) FROM devices_device WHERE last_seen_at < %(now)s"
        yardstick = scratch.median_s(lambda: ask(bare, now=now - timedelta(days=1)), times=ROUNDS)
        scratch.say(f"a bare look at the table, same run: median {yardstick * 1000:.0f} ms")
        explain(SILENT_SQL, now=now)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else DEVICES)
