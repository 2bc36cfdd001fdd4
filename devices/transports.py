"""How commands reach devices: a small interface, filled by gateways here and by integrations.

A transport that pushes is called by a worker, outside of any transaction. One that is fetched has
its commands waiting until the far end comes for them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol
from uuid import UUID

from devices.choices import CommandStatus


@dataclass(frozen=True, slots=True)
class Order:
    """A command as a transport gets it; ``attempt`` counts from 1.

    ``timeout_s`` is how long the whole of ``send`` may take.
    """

    command: UUID
    device: UUID
    action: str
    parameters: Mapping[str, Any]
    timeout_s: float
    attempt: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a device did: ``succeeded`` with a result, or ``acknowledged`` alone."""

    status: CommandStatus = CommandStatus.SUCCEEDED
    result: Mapping[str, Any] = field(default_factory=dict)


class TransportError(Exception):
    """The command did not get through, or not for certain.

    ``permanent`` says that trying again will not help; ``retry_after_s`` is a wait that the far
    end asked for; ``code`` goes into the command's reason. ``no-answer`` says that nobody knows
    whether the device acted.
    """

    def __init__(
        self, detail: str, *, code: str, permanent: bool, retry_after_s: float | None = None
    ) -> None:
        self.detail = detail
        self.code = code
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        super().__init__(detail)


class Transport(Protocol):
    """One way to devices; registered under its key when its app is ready."""

    key: ClassVar[str]
    is_fetched: ClassVar[bool]

    def carries(self, devices: Collection[UUID], *, action: str) -> set[UUID]:
        """Return which of the devices can be asked for the action this way; constant queries."""
        ...

    def send(self, order: Order) -> Outcome:
        """Ask the device, and return what came of it.

        Raises: TransportError.
        """
        ...


_transports: Final[dict[str, Transport]] = {}


def register_transport(transport: Transport) -> None:
    """Let commands go this way; where several could, the one registered last is taken."""
    _transports[transport.key] = transport


def transport_of(key: str) -> Transport:
    """Return the transport of that key."""
    return _transports[key]


def choose_transports(devices: Collection[UUID], *, action: str) -> dict[UUID, Transport]:
    """Return the transport for each device that can be asked for the action."""
    chosen: dict[UUID, Transport] = {}
    for transport in _transports.values():
        for device in transport.carries(devices, action=action):
            chosen[device] = transport
    return chosen
