"""Commands to meters of the smart-me cloud: asked for there, then read back.

Source: docs/integrations/smart-me.md, "Switching".
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

from devices.choices import CommandStatus
from devices.transports import Order, Outcome, TransportError
from integrations.choices import ConnectionStatus
from integrations.models import MeterLink
from integrations.smartme.client import SmartMeClient
from integrations.smartme.errors import (
    CallHeldBack,
    CloudFault,
    RequestsLimited,
)
from integrations.smartme.gates import Purpose, open_account

SWITCH: Final = "switch"
SET_OUTPUT: Final = "set_output"
# The switches of the phases, and the outputs by their number.
PHASES: Final = ("63000C0001FF", "63000C0002FF", "63000C0003FF")
OUTPUTS: Final[Mapping[int, str]] = {1: "63000C0101FF", 2: "63000C0102FF"}
LOOK_AGAIN_S: Final = 1.0
# What is kept of the time-out for the last look and the answer.
RESERVE_S: Final = 2.0
NO_ANSWER: Final = "no-answer"


@dataclass(frozen=True)
class Deed:
    """What is asked of a meter, and in which member of its answer it shows."""

    values: Mapping[str, float]
    members: tuple[str, ...]
    wanted: float
    result: Mapping[str, Any]

    def is_done(self, shown: Mapping[str, Any]) -> bool | None:
        """Say whether the meter shows it; None if it shows nothing of the kind."""
        found = [shown[name] for name in self.members if shown.get(name) is not None]
        return bool(float(found[0]) == self.wanted) if found else None


class SmartMeTransport:
    """Carries switching to meters that a living connection lists."""

    key: ClassVar = "smartme"
    is_fetched: ClassVar = False

    def carries(self, devices: Collection[UUID], *, action: str) -> set[UUID]:
        """Return the devices that are meters of a connection which is not paused (one query)."""
        if action not in {SWITCH, SET_OUTPUT}:
            return set()
        links = MeterLink.objects.present().filter(device__node__id__any=list(devices))
        working = links.exclude(connection__status=ConnectionStatus.PAUSED)
        return set(working.values_list("device", flat=True))

    def send(self, order: Order) -> Outcome:
        """Ask the cloud, then look at the meter until it shows what was asked.

        Raises: TransportError.
        """
        ends_at = time.monotonic() + order.timeout_s - RESERVE_S
        link = _link(order.device)
        meter_id = str(link.meter_id)
        total_s = max(order.timeout_s / 3, RESERVE_S)
        try:
            with open_account(link.connection, purpose=Purpose.COMMAND, total_s=total_s) as client:
                deed = _deed(order, client.actions(meter_id))
                _act(client, meter_id, deed)
                return _confirmed(client, meter_id, deed=deed, ends_at=ends_at)
        except CloudFault as fault:
            raise _error(fault) from fault


def _link(device: UUID) -> MeterLink:
    links = MeterLink.objects.present().select_related("connection").filter(device=device)
    link: MeterLink | None = links.exclude(connection__status=ConnectionStatus.PAUSED).first()
    if link is None:
        detail = "No connection lists this meter any more, or it is paused."
        raise TransportError(detail, code="not-connected", permanent=True)
    return link


def _act(client: SmartMeClient, meter_id: str, deed: Deed) -> None:
    try:
        client.act(meter_id, values=deed.values)
    except CallHeldBack:
        raise
    except CloudFault as fault:
        raise _error(fault, is_sent=True) from fault


def _deed(order: Order, listed: Collection[str]) -> Deed:
    """Return what to ask for: only what the meter lists.

    Raises: TransportError, if it lists nothing of the kind.
    """
    if order.action == SWITCH:
        is_on = bool(order.parameters["on"])
        codes = tuple(code for code in PHASES if code in listed)
        members = ("SwitchOn", "SwitchPhaseL1On")
        deed = Deed(dict.fromkeys(codes, float(is_on)), members, float(is_on), {"on": is_on})
    else:
        number, value = int(order.parameters["output"]), float(order.parameters["value"])
        codes = tuple({OUTPUTS[number]} & set(listed))
        members = (f"AnalogOutput{number}", f"DigitalOutput{number}")
        deed = Deed(dict.fromkeys(codes, value), members, value, {"value": value})
    if not codes:
        detail = "smart-me lists no such output of this meter: check how it is configured there."
        raise TransportError(detail, code="not-switchable", permanent=True)
    return deed


def _confirmed(client: SmartMeClient, meter_id: str, *, deed: Deed, ends_at: float) -> Outcome:
    """Look at the meter until it shows what was asked, or time is over."""
    while True:
        try:
            done = deed.is_done(client.device(meter_id))
        except CloudFault as fault:
            done = False
            if fault.permanent:
                raise _error(fault, is_sent=True) from fault
        if done:
            return Outcome(result=deed.result)
        if done is None:
            return Outcome(CommandStatus.ACKNOWLEDGED)
        if time.monotonic() + LOOK_AGAIN_S >= ends_at:
            detail = "smart-me took the command, but the meter does not show it."
            raise TransportError(detail, code=NO_ANSWER, permanent=False)
        time.sleep(LOOK_AGAIN_S)


def _error(fault: CloudFault, *, is_sent: bool = False) -> TransportError:
    """Return a fault of the cloud as transports tell it."""
    wait = fault.retry_after_s
    if fault.permanent:
        return TransportError(str(fault), code="refused", permanent=True)
    if isinstance(fault, (RequestsLimited, CallHeldBack)):
        return TransportError(str(fault), code="limited", permanent=False, retry_after_s=wait)
    code = NO_ANSWER if is_sent else "unreachable"
    return TransportError(str(fault), code=code, permanent=False, retry_after_s=wait)
