"""What Prometheus is told about the connections to smart-me: read from the database, so that every
process says the same, and none must gather what others counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import structlog
from django.db import DatabaseError, connection
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
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

CHANNELS = """
SELECT coalesce(sum(posts), 0)::float8, coalesce(sum(values_recorded), 0)::float8,
       coalesce(sum(reports_foreign), 0)::float8, coalesce(sum(reports_unreadable), 0)::float8,
       coalesce(sum(values_unmapped), 0)::float8, coalesce(sum(values_rejected), 0)::float8
  FROM integrations_realtimechannel"""
# The oldest of the inbox come first in it; beyond so many it matters no more how many there are.
INBOX = """
SELECT count(*) FILTER (WHERE failed_at IS NULL)::float8,
       count(*) FILTER (WHERE failed_at IS NOT NULL)::float8,
       coalesce(extract(epoch FROM statement_timestamp()
           - min(received_at) FILTER (WHERE failed_at IS NULL)), 0)::float8
  FROM (SELECT received_at, failed_at FROM integrations_realtimepost ORDER BY id LIMIT 100000) p"""
DROPPED = ("foreign", "unreadable", "unmapped", "rejected")


class SmartMeCollector(Collector):
    """Asks the database for all connections, the syncs of five minutes, and what came in itself."""

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
                cursor.execute(CHANNELS)
                heard = cursor.fetchone()
                cursor.execute(INBOX)
                inbox = cursor.fetchone()
        except DatabaseError as error:
            logger.warning("smartme_metrics_unavailable", error=type(error).__name__)
            return
        yield _by(
            "connections", "Connections by status.", label="status", rows=connections, column=1
        )
        yield _by(
            "oldest_success_seconds",
            "Age of the oldest last success.",
            label="status",
            rows=connections,
            column=3,
        )
        yield _total("circuits_open", "Lines taken for broken.", rows=connections, column=2)
        yield _total(
            "due_connections",
            "Connections whose sync waits for a slot.",
            rows=connections,
            column=4,
        )
        yield _total(
            "due_seconds", "How long the longest waiting has waited.", rows=connections, column=5
        )
        yield _total("busy_slots", "Accounts that are being asked now.", rows=connections, column=6)
        yield _total(
            "keys_ending", "Connections whose key ends in 30 days.", rows=connections, column=7
        )
        yield _by(
            "recent_syncs", "Syncs of the last five minutes.", label="outcome", rows=runs, column=1
        )
        yield _by(
            "recent_readings", "New readings they brought.", label="outcome", rows=runs, column=2
        )
        yield _by(
            "recent_sync_seconds",
            "Seconds they took, in sum.",
            label="outcome",
            rows=runs,
            column=3,
        )
        yield from _realtime(heard, inbox)


def _realtime(heard: tuple[float, ...], inbox: tuple[float, ...]) -> Iterator[Metric]:
    """Yield what was posted: taken over, dropped, waiting, and for how long."""
    taken, values, *dropped = heard
    waiting, aside, lag_s = inbox
    named = (
        ("posts", "Posts taken over.", taken),
        ("values", "Values of posts that are readings now.", values),
    )
    for name, text, value in named:
        yield CounterMetricFamily(f"atrium_smartme_realtime_{name}", text, value=value)
    losses = CounterMetricFamily(
        "atrium_smartme_realtime_dropped",
        "Reports (foreign, unreadable) and values (unmapped, rejected) dropped.",
        labels=["reason"],
    )
    for reason, value in zip(DROPPED, dropped, strict=True):
        losses.add_metric([reason], value)
    yield losses
    for name, text, value in (
        ("waiting_posts", "Posts kept and not yet taken over, up to 100,000.", waiting),
        ("set_aside_posts", "Posts that Atrium failed on; tried again each hour.", aside),
        ("lag_seconds", "For how long the oldest post has waited.", lag_s),
    ):
        yield GaugeMetricFamily(f"atrium_smartme_realtime_{name}", text, value=value)


def _by(name: str, text: str, *, label: str, rows: Rows, column: int) -> Metric:
    family = GaugeMetricFamily(f"atrium_smartme_{name}", text, labels=[label])
    for row in rows:
        family.add_metric([row[0]], row[column])
    return family


def _total(name: str, text: str, *, rows: Rows, column: int) -> Metric:
    values = [row[column] for row in rows]
    value = max(values, default=0) if name.endswith("seconds") else sum(values)
    return GaugeMetricFamily(f"atrium_smartme_{name}", text, value=value)
