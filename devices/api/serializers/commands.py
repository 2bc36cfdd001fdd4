"""Commands as clients give and see them, and as gateways tell of them."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TextField, WholeNumberField
from devices.choices import CommandStatus
from devices.models import Command, CommandStep
from devices.services.commands.wishes import (
    DEFAULT_EXPIRES_IN,
    MAX_EXPIRES_IN,
    MIN_EXPIRES_IN,
    Wish,
)

TOLD = (CommandStatus.ACKNOWLEDGED, CommandStatus.SUCCEEDED, CommandStatus.FAILED)
TOLD_CHOICES = tuple((one.value, one.label) for one in TOLD)


@extend_schema_field({"type": "object", "additionalProperties": True})
class ObjectField(serializers.Field[Any, Any, Any, Any]):
    """A JSON object; the action's own schema says what belongs in it."""

    default_error_messages = {"not_an_object": "Send a JSON object."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Accept an object."""
        if not isinstance(data, dict):
            self.fail("not_an_object")
        return dict(data)

    def to_representation(self, value: Any) -> Any:
        """Return it as it is."""
        return value


class ActionIn(StrictSerializer):
    """What is asked for."""

    action = TextField(max_length=64)
    parameters = ObjectField(default=dict)
    expires_in = WholeNumberField(
        default=DEFAULT_EXPIRES_IN,
        min_value=MIN_EXPIRES_IN,
        max_value=MAX_EXPIRES_IN,
        help_text="For how many seconds it may still be begun.",
    )


class CommandIn(ActionIn):
    """An action asked of a device."""

    reference = TextField(
        max_length=128, default="", allow_blank=True, help_text="Your own name for it."
    )

    def to_wish(self) -> Wish:
        """Return what was asked for."""
        return Wish(**self.validated_data)


class CommandReportIn(StrictSerializer):
    """What a gateway tells of a command."""

    status = serializers.ChoiceField(choices=TOLD_CHOICES)
    result = ObjectField(required=False, allow_null=True)
    detail = TextField(max_length=1_000, default="", allow_blank=True)


class FetchIn(StrictSerializer):
    """How many commands a gateway takes at once."""

    limit = WholeNumberField(default=50, min_value=1, max_value=500)


class CommandOut(OutSerializer):
    """A command and how far it is."""

    parameters = ObjectField(read_only=True)
    result = ObjectField(read_only=True)

    class Meta:
        model = Command
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "device", "site", "space", "action", "parameters", "reference", "status"),
            *("result", "reason", "detail", "attempts", "user", "application", "approved_by"),
            *("batch", "created_at", "updated_at", "expires_at", "finished_at"),
        )
        read_only_fields = fields


class CommandStepOut(serializers.ModelSerializer[CommandStep]):
    """A move of a command."""

    class Meta:
        model = CommandStep
        fields: ClassVar[tuple[str, ...]] = ("status", "attempt", "at", "reason", "detail")
        read_only_fields = fields


class CommandDetailOut(CommandOut):
    """A command with its steps, oldest first."""

    steps = CommandStepOut(many=True, read_only=True)

    class Meta(CommandOut.Meta):
        fields = (*CommandOut.Meta.fields, "steps")
        read_only_fields = fields


class FetchedOut(serializers.Serializer[Any]):
    """The commands handed over to a gateway."""

    results = CommandOut(many=True)
