"""Devices that can be asked to act: behind a gateway, or by a way that pushes, in memory."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from accounts.choices import ApplicationKind
from accounts.models import Organisation
from accounts.principals import Principal
from devices.models import ActionType, Command, Device, DeviceType, Gateway
from devices.services.commands.requests import request_command
from devices.services.commands.wishes import Asker, Wish
from devices.transports import Order, Outcome
from tests.devices.factories import make_device, make_gateway, make_type
from tests.factories import make_application, make_principal

SWITCH = {
    "type": "object",
    "properties": {"on": {"type": "boolean"}},
    "required": ["on"],
    "additionalProperties": False,
}
ON: Mapping[str, Any] = {"on": True}
OFF: Mapping[str, Any] = {"on": False}


def make_switch(organisation: Organisation | None = None, **action: Any) -> DeviceType:
    """Make a kind of device whose one action is to be switched."""
    kind = make_type(organisation)
    fields = {"parameters": SWITCH, "result": {**SWITCH, "required": []}, "timeout_s": 30, **action}
    ActionType.objects.filter(device_type=kind).update(**fields)
    return kind


def make_box(organisation: Organisation, **place: Any) -> Gateway:
    """Make a gateway with credentials of its own."""
    gateway = make_gateway(organisation, **place)
    gateway.application = make_application(organisation, kind=ApplicationKind.GATEWAY)
    gateway.save()
    return gateway


def make_plug(organisation: Organisation, *, action: Any = (), **fields: Any) -> Device:
    """Make a device behind a gateway that can be switched."""
    gateway = fields.pop("gateway", None) or make_box(organisation, site=fields.get("site"))
    kind = make_switch(**dict(action))
    return make_device(organisation, type=kind, gateway=gateway, **fields)


def ask(
    device: Device,
    parameters: Mapping[str, Any] = ON,
    *,
    principal: Principal | None = None,
    action: str = "switch",
    **wish: Any,
) -> Command:
    """Ask the device to switch, as an admin of its organisation unless stated."""
    asker = Asker(principal or make_principal(device.organisation))
    return request_command(device=device, wish=Wish(action, parameters, **wish), asker=asker)


def pass_time(seconds: float) -> None:
    """Let commands be that much older."""
    for name in ("next_attempt_at", "due_at", "expires_at"):
        for command in Command.objects.exclude(**{name: None}):
            moment = getattr(command, name) - timedelta(seconds=seconds)
            Command.objects.filter(pk=command.pk).update(**{name: moment})


@dataclass
class Wire:
    """A way that pushes: it remembers what it was asked, and answers or raises as told."""

    key: ClassVar = "wire"
    is_fetched: ClassVar = False
    answers: list[Outcome | Exception | Callable[[Order], Outcome]] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    def carries(self, devices: Collection[UUID], *, action: str) -> set[UUID]:
        """Carry everything."""
        return set(devices)

    def send(self, order: Order) -> Outcome:
        """Answer with the next answer; the last one stays."""
        self.orders.append(order)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(order) if callable(answer) else answer
