"""Liveness, readiness and metrics: what load balancers and Prometheus ask."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import prometheus_client
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import multiprocess
from redis.exceptions import RedisError

from config.lib.addresses import address_of, is_in
from config.lib.metrics import register_collectors

HEARTBEAT_KEY = "worker-heartbeat"
HEARTBEAT_MAX_AGE_S = 45


def check_database() -> str:
    """Say ``ok`` if the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def check_redis() -> str:
    """Say ``ok`` if Redis answers."""
    cache.get(HEARTBEAT_KEY)
    return "ok"


def check_migrations() -> str:
    """Say ``ok`` if no migration waits to be applied."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} waiting" if waiting else "ok"


def check_worker() -> str:
    """Say ``ok`` if beat asked and a worker answered within the last 45 seconds."""
    beaten_at = cache.get(HEARTBEAT_KEY)
    is_alive = beaten_at is not None and time.time() - beaten_at < HEARTBEAT_MAX_AGE_S
    return "ok" if is_alive else "no heartbeat"


CHECKS: Final[dict[str, Callable[[], str]]] = {
    "database": check_database,
    "redis": check_redis,
    "migrations": check_migrations,
    "worker": check_worker,
}


def _result(check: Callable[[], str]) -> str:
    try:
        return check()
    except (DatabaseError, RedisError, OSError) as error:
        return f"failed: {type(error).__name__}"


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is alive; asks no service."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if all the platform needs is there, else 503, with each part's state."""
    results = {name: _result(check) for name, check in CHECKS.items()}
    is_ready = all(result == "ok" for result in results.values())
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"status": "ok" if is_ready else "unready", **results}, status=status)


def metrics(request: HttpRequest) -> HttpResponse:
    """Show the metrics of all web processes to the networks of METRICS_ALLOWED_NETWORKS."""
    if not is_in(address_of(request), settings.METRICS_ALLOWED_NETWORKS):
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    registry: prometheus_client.CollectorRegistry = prometheus_client.REGISTRY
    if settings.PROMETHEUS_MULTIPROC_DIR:
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    shared = prometheus_client.CollectorRegistry()
    register_collectors(shared)
    body = prometheus_client.generate_latest(registry) + prometheus_client.generate_latest(shared)
    return HttpResponse(body, content_type=prometheus_client.CONTENT_TYPE_LATEST)
