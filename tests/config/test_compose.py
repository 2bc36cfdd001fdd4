"""The production deployment, read as what it is: a document."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LASTING = sorted(set(SERVICES) - {"prepare"})
OURS = ["beat", "prepare", "sync", "web", "worker"]
SECRET_WORDS = ("SECRET", "PASSWORD", "KEYS", "DATABASE_URL")


def test_the_services_are_those_of_the_platform() -> None:
    assert sorted(SERVICES) == ["beat", "postgres", "prepare", "redis", "sync", "web", "worker"]


@pytest.mark.parametrize("name", LASTING)
def test_lasting_service_is_watched_and_restarted(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["web", "worker", "sync", "beat"])
def test_process_waits_for_services_and_migrations(name: str) -> None:
    conditions = {key: value["condition"] for key, value in SERVICES[name]["depends_on"].items()}

    assert conditions == {
        "postgres": "service_healthy",
        "redis": "service_healthy",
        "prepare": "service_completed_successfully",
    }


def test_preparation_waits_for_services_and_ends() -> None:
    assert SERVICES["prepare"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert SERVICES["prepare"]["restart"] == "on-failure"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_secrets_come_by_file_alone(name: str) -> None:
    service = SERVICES[name]
    for variable, value in service.get("environment", {}).items():
        if any(word in variable for word in SECRET_WORDS):
            assert variable.endswith("_FILE")
            assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_every_named_secret_and_volume_is_declared() -> None:
    for service in SERVICES.values():
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"]
    assert all("file" in secret for secret in COMPOSE["secrets"].values())


def test_data_lives_in_volumes() -> None:
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql/data"]
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]


def test_web_alone_is_reachable_and_from_the_host_alone() -> None:
    published = {name for name, service in SERVICES.items() if "ports" in service}

    assert published == {"web"}
    assert "127.0.0.1" in SERVICES["web"]["ports"][0]
    assert COMPOSE["networks"]["services"]["internal"] is True


@pytest.mark.parametrize("name", OURS)
def test_our_containers_hold_no_rights_they_do_not_need(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["cap_drop"] == ["ALL"]


def test_workers_listen_to_every_queue_between_them(settings: Any) -> None:
    commands = [SERVICES[name]["command"].split() for name in ("worker", "sync")]

    queues = [command[command.index("--queues") + 1] for command in commands]

    assert queues == list(settings.CELERY_WORKER_QUEUES)


def test_image_runs_as_an_ordinary_user_from_hashed_requirements() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()

    assert lines.index("USER atrium") < lines.index('ENTRYPOINT ["tini", "--"]')
    assert any("--require-hashes" in line for line in lines)
