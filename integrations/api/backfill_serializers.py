"""The bodies of ``backfills/``."""

from datetime import datetime
from typing import ClassVar

from django.utils import timezone
from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TimeField
from integrations.models import Backfill

MAX_METERS = 1_000


class BackfillIn(StrictSerializer):
    """A span of the past to be fetched."""

    vars()["from"] = TimeField()
    to = TimeField(required=False, help_text="Exclusive; now unless given.")
    meters = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MAX_METERS,
        help_text="Ids of `meters/`; all that have a device unless given.",
    )


class BackfillOut(OutSerializer):
    """A span of the past of one meter, fetched from its end to its beginning."""

    meter = serializers.UUIDField(source="meter_id", read_only=True)
    device = serializers.UUIDField(source="meter.device_id", read_only=True, allow_null=True)
    vars()["from"] = serializers.DateTimeField(source="since", read_only=True)
    to = serializers.DateTimeField(source="until", read_only=True)
    percent = serializers.FloatField(source="progress.percent", read_only=True)
    estimated_end = serializers.SerializerMethodField()
    problem = serializers.SerializerMethodField()

    class Meta:
        model = Backfill
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "meter", "device", "cause", "method", "from", "to", "reached", "status"),
            *("percent", "estimated_end", "problem", "calls", "values", "rejected"),
            *("started_at", "finished_at", "next_attempt_at", "created_at", "updated_at"),
        )
        read_only_fields = fields

    def get_estimated_end(self, backfill: Backfill) -> datetime | None:
        """Say when it will be done at the pace so far, unless it is over."""
        is_over = backfill.finished_at is not None
        return None if is_over else backfill.progress.ends_at(timezone.now())

    def get_problem(self, backfill: Backfill) -> str | None:
        """Say in plain words what is wrong, or nothing."""
        return backfill.problem or None
