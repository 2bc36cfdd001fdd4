"""``commands/``, also under ``devices/`` and ``gateways/``: what devices are asked to do."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.errors import RoleMissing
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from devices import tasks
from devices.api.filters import CommandFilter
from devices.api.serializers.commands import (
    CommandDetailOut,
    CommandIn,
    CommandOut,
    CommandReportIn,
    FetchedOut,
    FetchIn,
)
from devices.choices import CommandStatus
from devices.models import Command, CommandStep, Device, Gateway
from devices.services.commands.reports import fetch_commands, report_command, waiting_for
from devices.services.commands.requests import approve_command, cancel_command, request_command
from devices.services.commands.wishes import Asker

CONTROL = "devices:control"
GATEWAY = "gateway"


def send_soon(command: Command) -> None:
    """Let a worker send the command at once, if it goes out by itself."""
    if command.status == CommandStatus.QUEUED and command.next_attempt_at is not None:
        tasks.send_command.delay_on_commit(str(command.pk))


class CommandViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Commands: seen, approved, cancelled, and told of by their gateway."""

    queryset = Command.objects.none()
    serializer_class = CommandOut
    filterset_class = CommandFilter
    ordering = "-pk"
    required_scopes: ClassVar = {
        "list": CONTROL,
        "retrieve": CONTROL,
        "cancel": CONTROL,
        "approve": CONTROL,
        "status": CONTROL,
    }
    gates: ClassVar = {"cancel": "controllable_by", "status": "reportable_by"}

    def get_queryset(self) -> QuerySet[Command]:
        """Return the visible commands, one alone with its steps."""
        visible: QuerySet[Command] = Command.objects.visible_to(self.principal)
        if self.action != "list":
            steps = Prefetch("steps", CommandStep.objects.order_by("pk"))
            visible = visible.prefetch_related(steps)
        return visible

    def get_serializer_class(self) -> Any:
        """Show the steps of one command."""
        return CommandOut if self.action == "list" else CommandDetailOut

    @extend_schema(request=None, responses=CommandDetailOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: str) -> Response:
        """Cancel a command that has not left for its device yet."""
        return self._answer(cancel_command(command=self.get_object()))

    @extend_schema(request=None, responses=CommandDetailOut)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, id: str) -> Response:
        """Approve a command that somebody else asked for; it leaves then."""
        approved = approve_command(command=self.get_object(), asker=Asker(self.principal))
        send_soon(approved)
        return self._answer(approved)

    @extend_schema(request=CommandReportIn, responses=CommandDetailOut)
    @action(detail=True, methods=["post"])
    def status(self, request: Request, id: str) -> Response:
        """Tell, as its gateway, that a command was begun, or what came of it."""
        command, told = self.get_object(), self.read(CommandReportIn)
        status = CommandStatus(told.pop("status"))
        return self._answer(report_command(command=command, status=status, **told))

    def _answer(self, command: Command) -> Response:
        return self.answer(self.get_queryset().get(pk=command.pk))


class DeviceCommandViewSet(ListMixin, ApiViewSet):
    """The commands to one device."""

    queryset = Command.objects.none()
    serializer_class = CommandOut
    filterset_class = CommandFilter
    ordering = "-pk"
    required_scopes: ClassVar = {"list": CONTROL, "create": CONTROL}
    gates: ClassVar = {"create": "controllable_by"}

    def _device(self) -> Device:
        visible: QuerySet[Device] = Device.objects.visible_to(self.principal)
        return get_object_or_404(visible, pk=self.kwargs["id"])

    def get_queryset(self) -> QuerySet[Command]:
        """Return the visible commands to the device in the path, or answer 404."""
        return Command.objects.visible_to(self.principal).filter(device=self._device())

    @extend_schema(request=CommandIn, responses={202: CommandOut})
    def create(self, request: Request, id: str) -> Response:
        """Ask the device to act. The answer comes at once, the outcome by `command.updated`.

        The same `reference` with the same action and parameters is the same command.
        """
        device = self._device()
        self.check_object_permissions(request, device)
        form = CommandIn(data=request.data)
        form.is_valid(raise_exception=True)
        asker = Asker(self.principal)
        command = request_command(device=device, wish=form.to_wish(), asker=asker)
        send_soon(command)
        return self.answer(command, HTTPStatus.ACCEPTED)


class GatewayCommandViewSet(ListMixin, ApiViewSet):
    """The open commands to the devices behind one gateway, as the gateway works them off."""

    queryset = Command.objects.none()
    serializer_class = CommandOut
    required_scopes: ClassVar = {"list": CONTROL, "fetch": CONTROL}

    def _gateway(self) -> Gateway:
        visible: QuerySet[Gateway] = Gateway.objects.visible_to(self.principal)
        return get_object_or_404(visible, pk=self.kwargs["id"])

    def get_queryset(self) -> QuerySet[Command]:
        """Return the open commands of the gateway in the path, oldest first, or answer 404."""
        open_ones = waiting_for(self._gateway())
        return open_ones.filter(Command.objects.all().visible_condition(self.principal))

    @extend_schema(request=FetchIn, responses=FetchedOut)
    @action(detail=False, methods=["post"])
    def fetch(self, request: Request, id: str) -> Response:
        """Take, as the gateway, the commands that wait; each is handed over once."""
        gateway = self._gateway()
        if not self.principal.is_gateway:
            raise RoleMissing(role=GATEWAY)
        found = fetch_commands(gateway=gateway, limit=self.read(FetchIn)["limit"])
        return Response({"results": CommandOut(found, many=True).data})
