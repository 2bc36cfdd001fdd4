"""Batches of commands as clients ask for and see them."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TextField, WholeNumberField
from devices.api.fields import VisibleField
from devices.api.serializers.commands import ActionIn, ObjectField
from devices.models import CommandBatch, Fleet
from devices.services.commands.batches import MAX_TARGETS
from twin.models import Site, Space, View

PLACES = ("site", "space", "view", "fleet")


class BatchTargetIn(StrictSerializer):
    """Where the devices are: one of these."""

    site: Any = VisibleField(Site.objects, required=False)
    space: Any = VisibleField(Space.objects, required=False, help_text="With all below it.")
    view: Any = VisibleField(View.objects, required=False)
    fleet: Any = VisibleField(Fleet.objects, required=False)

    default_error_messages = {"one": "Name exactly one of site, space, view and fleet."}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Accept exactly one."""
        if len(attrs) != 1:
            self.fail("one")
        return attrs


class BatchFilterIn(StrictSerializer):
    """Which of the devices there."""

    type = TextField(max_length=100, required=False)
    category = TextField(max_length=64, required=False)
    tags: Any = serializers.DictField(child=TextField(max_length=200), required=False)


class BatchIn(ActionIn):
    """One action asked of many devices."""

    target = BatchTargetIn()
    filter = BatchFilterIn(required=False)
    dry_run = serializers.BooleanField(default=False)
    wave_size = WholeNumberField(default=500, min_value=1, max_value=MAX_TARGETS)
    stop_at = serializers.FloatField(
        default=None,
        allow_null=True,
        min_value=0,
        max_value=1,
        help_text="The share of failures beyond which no further wave starts.",
    )


class SkippedOut(serializers.Serializer[Any]):
    """A device that is not asked, and why."""

    device = serializers.UUIDField()
    code = serializers.CharField()
    detail = serializers.CharField()


class TrialOut(serializers.Serializer[Any]):
    """What a dry run found: nothing was asked of anybody."""

    dry_run = serializers.BooleanField()
    total = serializers.IntegerField()
    targets = serializers.ListField(child=serializers.UUIDField())
    skipped = SkippedOut(many=True)


class BatchOut(OutSerializer):
    """A batch and how far it is."""

    target = ObjectField(read_only=True)
    parameters = ObjectField(read_only=True)
    progress = serializers.SerializerMethodField()

    class Meta:
        model = CommandBatch
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "organisation", "target", "action", "parameters", "status", "total"),
            *("wave", "waves", "wave_size", "stop_at", "progress", "user", "application"),
            *("created_at", "updated_at", "finished_at"),
        )
        read_only_fields = fields

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_progress(self, batch: CommandBatch) -> dict[str, int]:
        """Return how many commands are in each state."""
        return getattr(batch, "commands_by_status", {})


class BatchDetailOut(BatchOut):
    """A batch with the devices that were skipped."""

    skipped = SkippedOut(many=True, read_only=True)

    class Meta(BatchOut.Meta):
        fields = (*BatchOut.Meta.fields, "skipped")
        read_only_fields = fields
