"""What must hold before anything is shipped."""

import os
import subprocess
import sys

import pytest
from django.core.management import call_command

SECRET = "a-real-secret-of-fifty-characters-0123456789-abcdefgh"
PRODUCTION = {
    "ATRIUM_ENVIRONMENT": "prod",
    "SECRET_KEY": SECRET,
    "FIELD_ENCRYPTION_KEYS": SECRET,
    "PUBLIC_URL": "https://atrium.example.org",
    "ALLOWED_HOSTS": "atrium.example.org",
    "EMAIL_URL": "smtp+tls://atrium:password@mail.example.org:587",
}


def check_deploy(**overrides: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    environment = {**os.environ, **PRODUCTION, "STATE_DIR": os.devnull, **overrides}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_production_settings_pass_every_deployment_check() -> None:
    result = check_deploy()

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("overrides", "number"),
    [
        ({"DEBUG": "true"}, "E002"),
        ({"SECRET_KEY": "short"}, "E003"),
        ({"FIELD_ENCRYPTION_KEYS": "short"}, "E004"),
        ({"PUBLIC_URL": "http://atrium.example.org"}, "E005"),
        ({"ALLOWED_HOSTS": "*"}, "E006"),
        ({"SMARTME_API_URL": "http://127.0.0.1:1"}, "E007"),
        ({"EMAIL_URL": "consolemail://"}, "E008"),
        ({"STAFF_SECOND_FACTOR": "false"}, "E009"),
    ],
)
def test_unsafe_setting_is_refused_by_its_number(overrides: dict[str, str], number: str) -> None:
    result = check_deploy(**overrides)

    assert result.returncode == 1
    assert f"atrium.{number}" in result.stderr
