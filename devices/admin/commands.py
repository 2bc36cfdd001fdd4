"""Commands and their batches in the admin site: looked at, and cancelled."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from config.lib.errors import DomainError
from devices.admin.bases import ReadOnlyAdmin
from devices.admin.devices import ShownInline
from devices.models import Command, CommandBatch, CommandStep
from devices.services.commands.requests import cancel_command


class CommandStepInline(ShownInline):
    """The moves of a command."""

    model = CommandStep
    fields = ["status", "attempt", "at", "reason", "detail"]
    ordering = ["pk"]


@admin.register(Command)
class CommandAdmin(ReadOnlyAdmin):
    """Commands with their steps; what people ask at home is shown to nobody else."""

    list_display = [
        "created_at",
        "device",
        "action",
        "status",
        "reason",
        "attempts",
        "organisation",
    ]
    list_filter = ["status", "transport"]
    list_select_related = ["device", "organisation"]
    search_fields = ["device__name", "device__asset__serial", "reference"]
    ordering = ["-pk"]
    inlines = [CommandStepInline]
    actions = ["cancel"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out what people ask at home: it tells when they are there."""
        return super().get_queryset(request).filter(is_private=False)

    @admin.action(description="Cancel the chosen commands", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Command]) -> None:
        """Cancel what has not left yet, and say why the others cannot be."""
        for command in queryset:
            try:
                cancel_command(command=command)
            except DomainError as error:
                self.message_user(request, f"{command.pk}: {error}", messages.WARNING)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Say whether somebody may cancel: who may change commands."""
        user: Any = request.user
        return bool(user.has_perm("devices.change_command"))


@admin.register(CommandBatch)
class CommandBatchAdmin(ReadOnlyAdmin):
    """Batches of commands."""

    list_display = ["created_at", "action", "status", "total", "wave", "waves", "organisation"]
    list_filter = ["status"]
    list_select_related = ["organisation"]
    ordering = ["-pk"]


@admin.register(CommandStep)
class CommandStepAdmin(ReadOnlyAdmin):
    """Moves of commands that are not private."""

    list_display = ["at", "command", "status", "attempt", "reason"]
    list_select_related = ["command"]
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out what people ask at home."""
        return super().get_queryset(request).filter(command__is_private=False)
