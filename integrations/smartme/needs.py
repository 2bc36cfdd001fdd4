"""What Atrium needs at smart-me for what, and what is off without it: claims and the licence.

Source: docs/integrations/smart-me.md, "Claims and licence".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_noop

READ: Final = "device.read"
SWITCH: Final = "device.readswitch"
REALTIME: Final = "realtimeapi.readwrite"
STAY: Final = "offline_access"
PROFESSIONAL: Final = "licence:professional"

# A wider claim contains the narrower ones.
WIDER: Final[dict[str, tuple[str, ...]]] = {
    READ: ("device.readswitch", "device.readwrite"),
    SWITCH: ("device.readwrite",),
}


@dataclass(frozen=True)
class Need:
    """A claim or licence: what it is good for, and what is off without it."""

    name: str
    gives: str
    without: str


NEEDS: Final[dict[str, Need]] = {
    need.name: need
    for need in (
        Need(
            READ,
            gettext_noop("read the meters of the account and their values"),
            "No meter is read. Give the key or application the claim device.read.",
        ),
        Need(
            SWITCH,
            gettext_noop("switch the outputs of meters"),
            "Commands to meters are refused; reading goes on. "
            "Give the key or application the claim device.readswitch.",
        ),
        Need(
            REALTIME,
            gettext_noop("have values sent within seconds"),
            "Values come by polling alone. "
            "Give the key or application the claim realtimeapi.readwrite.",
        ),
        Need(
            STAY,
            gettext_noop("stay connected without asking you again each hour"),
            "The access ends within the hour. Allow Atrium again, with offline_access.",
        ),
        Need(
            PROFESSIONAL,
            gettext_noop("read the history of meters, and use OAuth 2.0"),
            "No history is fetched; reading goes on. The account has the licence of its lowest "
            "meter: give every active meter a Professional licence.",
        ),
    )
}


def scope_of(*, grant_stays: bool, switching: bool, realtime: bool) -> str:
    """Return the least scope that covers what the connection is to do."""
    wanted = [SWITCH if switching else READ]
    wanted += [REALTIME] if realtime else []
    wanted += [STAY] if grant_stays else []
    return " ".join(wanted)


def is_held(claim: str, held: Collection[str]) -> bool:
    """Say whether a claim is among those held, itself or within a wider one."""
    return claim in held or any(wider in held for wider in WIDER.get(claim, ()))


def missing_from(held: Collection[str], *, scope: str) -> list[Need]:
    """Return what of a scope was not granted."""
    return [NEEDS[claim] for claim in scope.split() if not is_held(claim, held)]
