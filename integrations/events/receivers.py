"""Every signal of the catalogue becomes events, in the transaction in which it is sent."""

from collections.abc import Callable
from typing import Any

from integrations.events.catalogue import ENTRIES, Entry
from integrations.events.log import append


def _writer(entry: Entry) -> Callable[..., None]:
    def write(sender: Any, **news: Any) -> None:
        append(entry.type, entry.drafts(news))

    return write


def connect() -> None:
    """Connect the catalogue; twice is as good as once."""
    for entry in ENTRIES:
        uid = f"events.{entry.type}"
        entry.signal.connect(_writer(entry), dispatch_uid=uid, weak=False)
