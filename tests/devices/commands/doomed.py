"""A worker that stops in the middle of sending, to be killed there.

``python -m tests.devices.commands.doomed FOLDER BEFORE AFTER``: two comma lists of commands, that
stop before the device was asked or after it; files in the folder tell who is there and what left.
"""

import os
import sys
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import ClassVar
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# Settled above: models need it.
from devices.services.commands.sending import send_command  # noqa: E402
from devices.transports import Order, Outcome, register_transport  # noqa: E402


class Stuck:
    """A way on which commands leave, or do not, and nothing ever comes back."""

    key: ClassVar = "wire"
    is_fetched: ClassVar = False

    def __init__(self, folder: Path, *, asks: set[UUID]) -> None:
        self.folder, self.asks = folder, asks

    def carries(self, devices: Collection[UUID], *, action: str) -> set[UUID]:
        """Carry everything."""
        return set(devices)

    def send(self, order: Order) -> Outcome:
        """Perhaps ask the device, and then wait for ever."""
        if order.command in self.asks:
            (self.folder / f"{order.command}.asked").touch()
        (self.folder / f"{order.command}.here").touch()
        Event().wait()
        return Outcome()


def main(folder: Path, before: list[str], after: list[str]) -> None:
    """Send each command on a thread of its own."""
    register_transport(Stuck(folder, asks=set(map(UUID, after))))
    commands = [UUID(key) for key in before + after]
    with ThreadPoolExecutor(len(commands)) as pool:
        list(pool.map(send_command, commands))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3].split(","))
