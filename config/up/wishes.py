"""What the operator asked of ``manage.py up`` through the environment."""

from dataclasses import dataclass
from pathlib import Path

KEYS = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS")
PROVIDED = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", *KEYS)


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """The variables that decide what is started, where, and with which keys.

    ``given`` names those of ``PROVIDED`` that the operator set, which are left as they are.
    """

    state_dir: Path
    port: int
    given: frozenset[str]
    is_dev: bool
    postgres_folder: Path | None

    def wants(self, variable: str) -> bool:
        """Say whether the stack has to provide the value."""
        return variable not in self.given
