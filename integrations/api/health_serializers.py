"""The bodies that say how a connection is doing."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from integrations.smartme.health import Health, MeterHealth
from integrations.smartme.history.progress import History


class SwitchedOffOut(serializers.Serializer[Any]):
    """Something that does not work for want of a claim or licence."""

    need = serializers.CharField()
    detail = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)


class CautionOut(serializers.Serializer[Any]):
    """Something that works today, and will not for ever."""

    code = serializers.CharField()
    detail = serializers.CharField()


class CompletenessOut(serializers.Serializer[Any]):
    """The share of the last seven days that values cover, from 0 to 1, in all and by day."""

    share = serializers.FloatField(allow_null=True)
    days = serializers.ListField(
        child=serializers.FloatField(), help_text="Seven turns of 24 hours, the oldest first."
    )


class MeterHealthOut(serializers.Serializer[Any]):
    """A meter that needs a look."""

    id = serializers.UUIDField(source="link.pk")
    name = serializers.CharField(source="link.reported_name")
    device = serializers.UUIDField(source="link.device_id", allow_null=True)
    value_at = serializers.DateTimeField(source="link.value_at", allow_null=True)
    lag_s = serializers.FloatField(allow_null=True)
    completeness = serializers.FloatField(allow_null=True)
    silent = serializers.BooleanField(source="is_silent")
    problem = serializers.SerializerMethodField()

    def get_problem(self, meter: MeterHealth) -> str | None:
        """Say in plain words what is wrong with this meter, or nothing."""
        return meter.trouble or None


class PastOut(serializers.Serializer[Any]):
    """How far the past that is being fetched has come, of all meters together."""

    percent = serializers.FloatField(source="progress.percent")
    vars()["from"] = serializers.DateTimeField(source="progress.since")
    to = serializers.DateTimeField(source="progress.until")
    estimated_end = serializers.SerializerMethodField()
    backfills = serializers.IntegerField(source="spans", help_text="Spans asked for together.")
    done = serializers.IntegerField(help_text="How many of them are here.")
    problem = serializers.SerializerMethodField()

    def get_estimated_end(self, history: History) -> datetime | None:
        """Say when it will be done at the pace so far, once that is known."""
        return history.progress.ends_at(timezone.now())

    def get_problem(self, history: History) -> str | None:
        """Say in plain words what holds it up, or nothing."""
        return history.problem or None


class HealthOut(serializers.Serializer[Any]):
    """How a connection is doing, and what to do."""

    status = serializers.CharField(source="connection.status")
    circuit = serializers.ChoiceField(["closed", "open", "half_open"])
    problem = serializers.SerializerMethodField()
    advice = serializers.CharField()
    last_success_at = serializers.DateTimeField(
        source="connection.last_success_at", allow_null=True
    )
    next_attempt_at = serializers.DateTimeField(source="connection.next_attempt_at")
    failures = serializers.IntegerField(source="connection.failures")
    lag_s = serializers.FloatField(
        allow_null=True, help_text="Age of the newest value of the account."
    )
    completeness = serializers.FloatField(
        allow_null=True, help_text="Mean share of the last seven days that meters' values cover."
    )
    meters = serializers.SerializerMethodField()
    silent = serializers.IntegerField(help_text="Meters without a new value for 15 minutes.")
    history = PastOut(
        allow_null=True, help_text="The past that is being fetched; null when all of it is here."
    )
    switched_off = SwitchedOffOut(many=True)
    warnings = CautionOut(many=True)
    worst = MeterHealthOut(many=True, help_text="The ten meters that need a look most.")

    def get_problem(self, health: Health) -> str | None:
        """Say in plain words what is wrong, or nothing."""
        return health.problem or None

    def get_meters(self, health: Health) -> int:
        """Say how many meters and gateways the cloud lists."""
        return len(health.meters)
