"""What Prometheus is told about the connections to smart-me: read from the database, so that every
process says the same, and none must gather what others counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import structlog
from django.db import DatabaseError, connection
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from integrations.smartme.gates import OPENS_AFTER

Rows = list[tuple[Any, ...]]
logger = structlog.get_logger(__name__)
CONNECTIONS = """
SELECT status, count(*), count(*) FILTER (WHERE failures >= %(opens_after)s AND status <> 'paused'),
       coalesce(extract(epoch FROM max(statement_timestamp() - last_success_at)), 0)::float8,
       count(*) FILTER (WHERE next_attempt_at <= statement_timestamp() AND status <> 'paused'),
       coalesce(extract(epoch FROM max(statement_timestamp() - next_attempt_at)
           FILTER (WHERE next_attempt_at <= statement_timestamp() AND status <> 'paused')),
           0)::float8,
       count(*) FILTER (WHERE claim IS NOT NULL AND next_attempt_at > statement_timestamp()),
       count(*) FILTER (WHERE key_expires_at < statement_timestamp() + interval '30 days')
  FROM integrations_connection GROUP BY status"""
RUNS = """
SELECT outcome, count(*), coalesce(sum(accepted), 0)::float8,
       coalesce(sum(extract(epoch FROM finished_at - started_at)), 0)::float8
  FROM integrations_syncrun
 WHERE started_at > statement_timestamp() - interval '5 minutes' GROUP BY outcome"""


class SmartMeCollector(Collector):
    """Asks the database once for all connections and once for the syncs of five minutes."""

    def describe(self) -> Iterable[Metric]:
        """Name nothing ahead, so that registering asks nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the figures; none when the database is away, which /readyz tells."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(CONNECTIONS, {"opens_after": OPENS_AFTER})
                connections = cursor.fetchall()
                cursor.execute(RUNS)
                runs = cursor.fetchall()
        except DatabaseError as error:
            logger.warning("smartme_metrics_unavailable", error=type(error).__name__)
            return
        yield _by("connections", "Connections by status.", "status", connections, 1)
        yield _by(
            "oldest_success_seconds", "Age of the oldest last success.", "status", connections, 3
        )
        yield _total("circuits_open", "Lines taken for broken.", connections, 2)
        yield _total("due_connections", "Connections whose sync waits for a slot.", connections, 4)
        yield _total("due_seconds", "How long the longest waiting has waited.", connections, 5)
        yield _total("busy_slots", "Accounts that are being asked now.", connections, 6)
        yield _total("keys_ending", "Connections whose key ends in 30 days.", connections, 7)
        yield _by("recent_syncs", "Syncs of the last five minutes.", "outcome", runs, 1)
        yield _by("recent_readings", "New readings they brought.", "outcome", runs, 2)
        yield _by("recent_sync_seconds", "Seconds they took, in sum.", "outcome", runs, 3)


def _by(name: str, text: str, label: str, rows: Rows, column: int) -> Metric:
    family = GaugeMetricFamily(f"atrium_smartme_{name}", text, labels=[label])
    for row in rows:
        family.add_metric([row[0]], row[column])
    return family


def _total(name: str, text: str, rows: Rows, column: int) -> Metric:
    values = [row[column] for row in rows]
    value = max(values, default=0) if name.endswith("seconds") else sum(values)
    return GaugeMetricFamily(f"atrium_smartme_{name}", text, value=value)
