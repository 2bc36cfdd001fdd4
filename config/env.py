"""The environment, read in this one module and with types; nobody else touches os.environ.

A variable that is unset falls back, in dev alone, to what a running ``manage.py up`` of the same
``STATE_DIR`` wrote into its run file, so that every command finds the services and the dev keys.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from config.up.state import published
from config.up.wishes import PROVIDED, Wishes

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ("dev", "preprod", "prod")
# The smart-me cloud publishes no figures but that Professional may ask more: guesses, and low.
GUESSED_PACES: dict[str, tuple[float, int]] = {
    "unknown": (30, 10),
    "basic": (15, 8),
    "limited": (30, 10),
    "professional": (60, 20),
}
PACE = re.compile(
    r"(?P<licence>\w+)=(?P<per_minute>[1-9]\d{0,5})/(?P<burst>[1-9]\d{0,4})", re.ASCII
)


def _lookup(name: str) -> str | None:
    return os.environ.get(name) or RUNNING.get(name) or None


def env_text(name: str, default: str = "") -> str:
    """Return the variable's text, or the default when it is unset or empty."""
    return _lookup(name) or default


def env_secret(name: str) -> str:
    """Return a secret from the variable, or from the file that ``NAME_FILE`` names.

    Raises: ImproperlyConfigured, if the file cannot be read.
    """
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return env_text(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read") from error


def env_bool(name: str, *, default: bool) -> bool:
    """Return true for ``true`` or ``1``, false for ``false`` or ``0``; anything else is refused."""
    text = env_text(name, "true" if default else "false").lower()
    if text not in {"true", "1", "false", "0"}:
        raise ImproperlyConfigured(f"{name} is {text!r}: write true, false, 1 or 0")
    return text in {"true", "1"}


def env_int(name: str, default: int) -> int:
    """Return the variable as a whole number.

    Raises: ImproperlyConfigured, if it is not one.
    """
    text = env_text(name, str(default))
    try:
        return int(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {text!r}: write a whole number") from error


def env_list(name: str, default: str = "") -> list[str]:
    """Return the comma-separated entries without blanks, in their order."""
    return [entry.strip() for entry in env_text(name, default).split(",") if entry.strip()]


def env_paces(name: str) -> dict[str, tuple[float, int]]:
    """Return (calls a minute, calls at once) by licence, from ``basic=15/8,limited=30/10``.

    A licence that is not named keeps its guess. Raises: ImproperlyConfigured, for anything else.
    """
    paces = dict(GUESSED_PACES)
    for entry in env_list(name):
        found = PACE.fullmatch(entry)
        if found is None or found["licence"] not in paces:
            written = ",".join(f"{word}={pace:g}/{burst}" for word, (pace, burst) in paces.items())
            raise ImproperlyConfigured(f"{name} holds {entry!r}: write it like {written}")
        paces[found["licence"]] = float(found["per_minute"]), int(found["burst"])
    return paces


def env_environment() -> str:
    """Return ``dev``, ``preprod`` or ``prod``.

    Raises: ImproperlyConfigured, for any other word.
    """
    name = os.environ.get("ATRIUM_ENVIRONMENT") or "dev"
    if name not in ENVIRONMENTS:
        raise ImproperlyConfigured(f"ATRIUM_ENVIRONMENT is {name!r}: write one of {ENVIRONMENTS}")
    return name


def env_database(name: str = "DATABASE_URL") -> dict[str, object]:
    """Return Django's database settings for a ``postgresql://`` URL.

    Without one the settings name no server, so that commands that need no database still start.
    """
    url = env_secret(name)
    return dict(environ.Env.db_url_config(url or "postgresql:///atrium"))


def env_email() -> dict[str, object]:
    """Return Django's settings for EMAIL_URL; without one letters appear on the console."""
    return dict(environ.Env.email_url_config(env_secret("EMAIL_URL") or "consolemail://"))


def state_dir() -> Path:
    """Return the directory where embedded services keep their data."""
    return Path(os.environ.get("STATE_DIR") or ROOT / "var").resolve()


def wishes() -> Wishes:
    """Return what ``manage.py up`` shall start; only what the operator set counts as given."""
    folder = os.environ.get("POSTGRES_BIN")
    return Wishes(
        state_dir=state_dir(),
        port=env_int("PORT", 8000),
        given=frozenset(n for n in PROVIDED if os.environ.get(n) or os.environ.get(f"{n}_FILE")),
        is_dev=env_environment() == "dev",
        postgres_folder=Path(folder) if folder else None,
    )


def _running() -> Mapping[str, str]:
    return published(state_dir()) if env_environment() == "dev" else {}


RUNNING = _running()
