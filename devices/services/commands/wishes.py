"""What is asked of devices, and who asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.principals import Principal

DEFAULT_EXPIRES_IN = 300
MIN_EXPIRES_IN = 5
MAX_EXPIRES_IN = 7 * 24 * 3_600


@dataclass(frozen=True, slots=True)
class Wish:
    """An action with its parameters, and for how many seconds it may still be begun.

    ``reference`` is the client's own name for it: the same one twice is one command.
    """

    action: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    expires_in: int = DEFAULT_EXPIRES_IN
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, through which application; what they may do is checked before."""

    principal: Principal

    @property
    def user(self) -> UUID | None:
        """Return the person."""
        return self.principal.user_id

    @property
    def application(self) -> UUID | None:
        """Return the application."""
        return self.principal.application_id
