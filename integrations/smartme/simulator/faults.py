"""The faults somebody switched on in the simulated cloud, and whom they hit."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .shaping import SHAPING_KINDS

ANSWERING_KINDS = frozenset(
    {
        "status",
        "html",
        "cut",
        "hang",
        "drip",
        "redirect",
        "empty",
        "not-json",
        "close",
        "lost",
        "pause",
    }
)
# In the posts of the cloud; each takes a ``share`` of them, one (all) by default.
POSTING_KINDS = frozenset(
    {"post-drop", "post-late", "post-duplicate", "post-foreign", "post-garbage"}
)
# In what meters say by OBIS code: nothing stored between two times, another unit.
HISTORY_KINDS = frozenset({"history-gap", "obis-unit"})
KINDS = ANSWERING_KINDS | SHAPING_KINDS | POSTING_KINDS | HISTORY_KINDS


@dataclass
class Fault:
    """One fault: for an account or all, a path or all, a meter or all, so many times or always."""

    kind: str
    id: int = 0
    account: str | None = None
    path: str | None = None
    meter: str | None = None
    times: int | None = None
    given: dict[str, Any] = field(default_factory=dict)

    def hits(self, account: str | None, path: str) -> bool:
        """Return whether a call by that account to that path meets this fault."""
        here = self.path is None or path.startswith(self.path.lower())
        return here and self.account in (None, account)


class FaultBook:
    """All faults that are on; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._faults: dict[int, Fault] = {}

    def switch_on(self, content: Mapping[str, Any]) -> Fault:
        """Add a fault described by JSON; members that are not of a fault go into ``given``.

        Raises: ValueError, for a kind nobody knows.
        """
        if content.get("kind") not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(sorted(KINDS))}")
        own = {"kind", "account", "path", "meter", "times"}
        members = {key: content[key] for key in own & content.keys()}
        given = {key: value for key, value in content.items() if key not in own}
        with self._lock:
            fault = Fault(**members, given=given, id=next(self._numbers))
            self._faults[fault.id] = fault
        return fault

    def switch_off(self, *, number: int | None = None, account: str | None = None) -> None:
        """Remove one fault, those of an account, or all."""
        with self._lock:
            self._faults = {
                fault.id: fault
                for fault in self._faults.values()
                if (number is not None and fault.id != number)
                or (account is not None and fault.account != account)
            }

    def listed(self) -> list[dict[str, Any]]:
        """Return all faults as JSON."""
        with self._lock:
            return [asdict(fault) for fault in self._faults.values()]

    def answering(self, account: str | None, path: str) -> Fault | None:
        """Return the fault that spoils this whole answer, and count it."""
        found = self._met(ANSWERING_KINDS, account=account, path=path)
        return found[0] if found else None

    def shaping(self, account: str, path: str) -> list[Fault]:
        """Return the faults in the meters of this answer, and count them."""
        return self._met(SHAPING_KINDS, account=account, path=path)

    def posting(self, account: str) -> list[Fault]:
        """Return the faults that may strike a post of that account, and count them."""
        return self._met(POSTING_KINDS, account=account, path="/")

    def by_obis(self, account: str, path: str) -> list[Fault]:
        """Return the faults in what is said by OBIS code in this answer, and count them."""
        return self._met(HISTORY_KINDS, account=account, path=path)

    def _met(self, kinds: frozenset[str], *, account: str | None, path: str) -> list[Fault]:
        with self._lock:
            found = [
                fault
                for fault in self._faults.values()
                if fault.kind in kinds and fault.hits(account, path)
            ]
            met = found[:1] if kinds is ANSWERING_KINDS else found
            for fault in met:
                self._count(fault)
        return met

    def _count(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times <= 0:
            del self._faults[fault.id]
