"""The terms of a consent: what a user leaves of their rights to an application."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from accounts.choices import Resolution

if TYPE_CHECKING:
    from accounts.models import Consent


@dataclass(frozen=True, slots=True)
class Terms:
    """Deeds, places, how far back, how fine, until when.

    ``nodes`` are the chosen ones; None covers all that the user has a right to, now or later.
    """

    scopes: frozenset[str]
    nodes: frozenset[UUID] | None = None
    history_from: datetime | None = None
    resolution: Resolution = Resolution.RAW
    expires_at: datetime | None = None

    def widened(self, consent: "Consent") -> list[str]:
        """Return the names of the terms that go beyond the consent's, other than ``nodes``.

        Which node lies within which is known to twin alone.
        """
        found = {
            "scopes": not self.scopes <= set(consent.scopes),
            "history_from": _is_before(self.history_from, consent.history_from),
            "resolution": not Resolution(consent.resolution).allows(self.resolution),
            "expires_at": _is_after(self.expires_at, consent.expires_at),
        }
        return [name for name, is_wider in found.items() if is_wider]


def _is_before(start: datetime | None, limit: datetime | None) -> bool:
    """Say whether a start, where None is the beginning of time, lies before another."""
    return limit is not None and (start is None or start < limit)


def _is_after(end: datetime | None, limit: datetime | None) -> bool:
    """Say whether an end, where None is never, lies after another."""
    return limit is not None and (end is None or end > limit)
