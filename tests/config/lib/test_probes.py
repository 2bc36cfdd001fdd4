"""Probes: alive, ready, and metrics for those who may see them."""

import time
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from config.lib import probes


def test_process_is_alive_without_asking_any_service() -> None:
    assert Client().get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_platform_is_ready_when_each_part_is() -> None:
    cache.set(probes.HEARTBEAT_KEY, time.time())

    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "database", "redis", "migrations", "worker"}


@pytest.mark.django_db
@pytest.mark.parametrize("beaten_at", [None, 0.0], ids=["never", "long ago"])
def test_platform_without_a_worker_is_not_ready(beaten_at: float | None) -> None:
    cache.set(probes.HEARTBEAT_KEY, beaten_at)

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["worker"] == "no heartbeat"


@pytest.mark.django_db
def test_platform_without_redis_is_not_ready(settings: LazySettings) -> None:
    backend: dict[str, Any] = settings.CACHES["default"]
    settings.CACHES = {"default": {**backend, "LOCATION": "redis://127.0.0.1:1/0"}}

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["redis"].startswith("failed")


@pytest.mark.django_db
def test_metrics_count_requests_by_route_and_not_by_path() -> None:
    Client().get("/healthz")

    body = Client().get("/metrics").content.decode()

    assert 'atrium_http_requests_total{method="GET",route="healthz",status="200"}' in body


def test_metrics_are_hidden_from_other_networks() -> None:
    assert Client().get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 403


@pytest.mark.django_db
def test_metrics_of_unknown_paths_share_one_name() -> None:
    Client().get("/no/such/path")

    assert "/no/such/path" not in Client().get("/metrics").content.decode()
