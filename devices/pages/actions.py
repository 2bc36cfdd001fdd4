"""What a device can be asked to do, as forms made from the JSON Schema of each action."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.principals import Principal
from config.lib.errors import DomainError, InvalidInput
from devices.models import ActionType, Command, Device
from devices.pages.operations import MOST_LETTERS, OperationsPage
from devices.pages.words import COMMANDS, VALUES
from devices.selectors import time_zone_of
from devices.services.commands.requests import request_command
from devices.services.commands.wishes import Asker, Wish

LATEST = 10
# What opens doors, or could flood or freeze a house, is never asked for by a slip of the hand.
GUARDED = frozenset({"lock", "garage-door", "intercom", "access-reader", "water-valve", "boiler"})
KINDS = {"integer": "number", "number": "number", "boolean": "choice", "string": "text"}


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter as a field of a form; ``options`` are values with what people read."""

    name: str
    kind: str
    schema: Mapping[str, Any]
    is_required: bool

    @property
    def options(self) -> list[tuple[str, Any]]:
        """Return what can be chosen."""
        if self.kind == "choice" and "enum" not in self.schema:
            return [("true", VALUES["yes"]), ("false", VALUES["no"])]
        return [(str(value), value) for value in self.schema.get("enum", ())]

    @property
    def step(self) -> str:
        """Return in which steps a number is chosen."""
        return "1" if self.schema.get("type") == "integer" else "any"

    def read(self, text: str) -> Any:
        """Return the value that a text stands for; one that is none is left to the schema."""
        if "enum" in self.schema:
            return next((one for one in self.schema["enum"] if str(one) == text), text)
        if self.schema.get("type") == "boolean":
            return {"true": True, "false": False}.get(text, text)
        if self.kind != "number":
            return text
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() else number


@dataclass(frozen=True, slots=True)
class Form:
    """An action that can be asked for on a page."""

    action: ActionType
    fields: tuple[Field, ...]
    is_guarded: bool
    reference: str

    def read(self, given: QueryDict) -> dict[str, Any]:
        """Return the parameters that were filled in."""
        filled = ((field, given.get(field.name, "").strip()) for field in self.fields)
        return {field.name: field.read(text) for field, text in filled if text}


def is_operated(device: Device, principal: Principal) -> bool:
    """Say whether somebody may ask the device to act; one query."""
    return bool(Device.objects.filter(pk=device.pk).controllable_by(principal).exists())


def forms_of(device: Device) -> list[Form]:
    """Return the actions whose parameters a form can hold; one query."""
    found = (_form(action, device) for action in device.type.actions.all())
    return [form for form in found if form is not None]


def _form(action: ActionType, device: Device) -> Form | None:
    required = action.parameters.get("required", ())
    fields = []
    for name, schema in action.parameters.get("properties", {}).items():
        said = schema if isinstance(schema, Mapping) else {}
        kind = "choice" if "enum" in said else KINDS.get(str(said.get("type")))
        if kind is None:
            return None
        fields.append(Field(name, kind, said, name in required))
    is_careful = action.needs_approval or bool(action.interlocks)
    is_guarded = is_careful or device.type.category in GUARDED
    return Form(action, tuple(fields), is_guarded, str(uuid4()))


def latest_commands(device: Device, principal: Principal) -> list[dict[str, Any]]:
    """Return the latest commands with their steps, in words; two queries."""
    visible = Command.objects.visible_to(principal).filter(device=device)
    rows: QuerySet[Command] = visible.prefetch_related("steps").order_by("-pk")[:LATEST]
    return [
        {
            "command": row,
            "parameters": ", ".join(_told(row.parameters)),
            "status": COMMANDS[row.status],
            "steps": [(COMMANDS[step.status], step.at) for step in row.steps.all()],
        }
        for row in rows
    ]


def _told(parameters: Mapping[str, Any]) -> Iterator[str]:
    for name, value in parameters.items():
        shown = VALUES["yes" if value else "no"] if isinstance(value, bool) else value
        yield f"{name}: {shown}"


class CommandsPage(OperationsPage):
    """The commands of a device: the latest of them, and a new one."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, id: Any) -> HttpResponse:
        """Show how the latest commands stand, as a part of the device's page."""
        visible = Device.objects.visible_to(self.principal)
        device: Device = get_object_or_404(visible, pk=id)
        return self._shown(request, device)

    def post(self, request: HttpRequest, id: Any) -> HttpResponse:
        """Ask the device to act; a refusal is told in words."""
        visible = Device.objects.visible_to(self.principal).select_related("type")
        device: Device = get_object_or_404(visible, pk=id)
        if not is_operated(device, self.principal):
            raise PermissionDenied
        try:
            self._ask(device, request.POST)
        except DomainError as error:
            return self._shown(request, device, problem=_words(error), status=error.status)
        if request.headers.get("X-Requested-With") == "fetch":
            return self._shown(request, device)
        return redirect("operations-device", device.pk)

    def _ask(self, device: Device, given: QueryDict) -> None:
        forms = {form.action.key: form for form in forms_of(device)}
        form = forms.get(given.get("action", ""))
        if form is None:
            raise InvalidInput([("#/action", "unknown-action", _("There is no such action."))])
        if form.is_guarded and not given.get("sure"):
            text = _("Say that nobody is put at risk.")
            raise InvalidInput([("#/sure", "required", text)])
        reference = given.get("reference", "")[:MOST_LETTERS]
        wish = Wish(form.action.key, form.read(given), reference=reference)
        request_command(device=device, wish=wish, asker=Asker(self.principal))

    def _shown(
        self, request: HttpRequest, device: Device, *, problem: str = "", status: int = 200
    ) -> HttpResponse:
        context = {
            "device": device,
            "zone": time_zone_of(device),
            "commands": latest_commands(device, self.principal),
            "problem": problem,
        }
        is_part = request.method == "GET" or "X-Requested-With" in request.headers
        name = "commands" if is_part else "refused"
        return render(request, f"devices/operations/{name}.html", context, status=status)


def _words(error: DomainError) -> str:
    findings = error.findings if isinstance(error, InvalidInput) else []
    return " ".join(finding.detail for finding in findings) or str(error)
