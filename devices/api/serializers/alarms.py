"""Rules of alarms, and alarms."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TextField, WholeNumberField
from config.lib.units import symbol_of
from devices.choices import AlarmCondition, AlarmScope, Severity
from devices.models import Alarm, AlarmRule
from twin.choices import NodeKind

# What a value of these conditions is, if not what the point measures.
PARTS = frozenset({AlarmCondition.COMPLETENESS})
NUMBERS = ("limit", "low", "high", "hysteresis", "delay_s", "period_s")
RULE_FIELDS = (
    *("name", "category", "type", "point", "condition", *NUMBERS, "night_from", "night_until"),
    *("late_s", "severity", "escalate_to", "escalate_after_s", "mute", "is_enabled"),
)


class MuteIn(StrictSerializer):
    """A local time in which nothing is raised, and the days on which it begins (1: Monday)."""

    vars()["from"] = serializers.TimeField()
    until = serializers.TimeField()
    days = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7), required=False
    )

    def to_internal_value(self, data: Any) -> Any:
        """Return the window as it is stored."""
        given = super().to_internal_value(data)
        times = {name: given[name].isoformat() for name in ("from", "until")}
        return times | ({"days": sorted(set(given["days"]))} if given.get("days") else {})


class AlarmRuleChangeIn(StrictSerializer):
    """What can be changed about a rule; docs/alarms.md says which condition reads which number."""

    name = TextField(max_length=200)
    category = TextField(max_length=64, required=False, allow_blank=True)
    type = TextField(
        source="type_key", max_length=100, required=False, allow_blank=True, help_text="A key."
    )
    point = TextField(max_length=64, required=False, allow_blank=True)
    condition = serializers.ChoiceField(choices=AlarmCondition.choices)
    limit = serializers.FloatField(required=False, allow_null=True)
    low = serializers.FloatField(required=False, allow_null=True)
    high = serializers.FloatField(required=False, allow_null=True)
    hysteresis = serializers.FloatField(required=False, min_value=0)
    delay_s = WholeNumberField(required=False, min_value=0, max_value=31 * 86_400)
    period_s = WholeNumberField(required=False, allow_null=True, min_value=1)
    night_from = serializers.TimeField(required=False, allow_null=True)
    night_until = serializers.TimeField(required=False, allow_null=True)
    late_s = WholeNumberField(required=False, min_value=0, max_value=366 * 86_400)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    escalate_to = serializers.ChoiceField(
        choices=Severity.choices, required=False, allow_blank=True
    )
    escalate_after_s = WholeNumberField(
        required=False, allow_null=True, min_value=1, max_value=31 * 86_400
    )
    mute = serializers.ListField(child=MuteIn(), required=False, max_length=20)
    is_enabled = serializers.BooleanField(required=False)


class AlarmRuleIn(AlarmRuleChangeIn):
    """A rule to be made, about the thing that ``scope`` and ``target`` name."""

    scope = serializers.ChoiceField(choices=AlarmScope.choices)
    target = serializers.UUIDField()


class AlarmRuleOut(OutSerializer):
    """A rule of alarms; ``is_own``: you made it at home, and nobody else sees it or its alarms."""

    is_own = serializers.SerializerMethodField()
    type = serializers.CharField(source="type_key", read_only=True)
    target = serializers.SerializerMethodField()

    class Meta:
        model = AlarmRule
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "organisation", "site", "scope", "target", "is_own", *RULE_FIELDS),
            *("created_at", "updated_at"),
        )
        read_only_fields = fields

    def get_is_own(self, rule: AlarmRule) -> bool:
        """Say whether it is of somebody who lives there."""
        return rule.owner_id is not None

    def get_target(self, rule: AlarmRule) -> UUID | None:
        """Return the id of what the rule watches over."""
        return rule.fleet_id if rule.scope == AlarmScope.FLEET else rule.target_id


class AlarmOut(OutSerializer):
    """An alarm; ``value`` is null for those who may not read single values of that time.

    The context's ``open_values`` holds the ids of the alarms whose value may be shown.
    """

    device = serializers.SerializerMethodField()
    gateway = serializers.SerializerMethodField()
    space = serializers.SerializerMethodField()
    point = serializers.SerializerMethodField()
    value = serializers.SerializerMethodField("shown_value")
    unit = serializers.SerializerMethodField()
    symbol = serializers.SerializerMethodField()

    class Meta:
        model = Alarm
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "rule", "name", "condition", "severity", "status", "organisation", "site"),
            *("space", "device", "gateway", "point", "value", "unit", "symbol", "folded"),
            *("began_at", "raised_at", "escalated_at", "acknowledged_at", "acknowledged_by"),
            *("comment", "cleared_at", "clear_reason", "created_at", "updated_at"),
        )
        read_only_fields = fields

    def get_device(self, alarm: Alarm) -> UUID | None:
        """Return the device that it is about."""
        return alarm.node_id if alarm.node.kind == NodeKind.DEVICE else None

    def get_gateway(self, alarm: Alarm) -> UUID | None:
        """Return the gateway that it is about."""
        return alarm.node_id if alarm.node.kind == NodeKind.GATEWAY else None

    def get_space(self, alarm: Alarm) -> UUID | None:
        """Return the space in which the device stood."""
        return alarm.spaces[-1] if alarm.spaces else None

    def get_point(self, alarm: Alarm) -> str | None:
        """Return the key of the point."""
        return alarm.point.type.key if alarm.point else None

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def shown_value(self, alarm: Alarm) -> float | None:
        """Return the value that began it, if the caller may read it."""
        return alarm.value if alarm.pk in self.context.get("open_values", ()) else None

    def get_unit(self, alarm: Alarm) -> str | None:
        """Return the unit of the value, in UCUM."""
        if alarm.point is None:
            return None
        return "1" if alarm.condition in PARTS else alarm.point.type.unit or None

    def get_symbol(self, alarm: Alarm) -> str | None:
        """Return the unit as people write it."""
        unit = self.get_unit(alarm)
        return symbol_of(unit) if unit else None


class AcknowledgementIn(StrictSerializer):
    """A word about what is being done."""

    comment = TextField(max_length=2_000, required=False, allow_blank=True, default="")


class TrialledAlarmOut(serializers.Serializer[Any]):
    """An alarm that there would have been."""

    device = serializers.UUIDField()
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    value = serializers.FloatField(allow_null=True)


class RuleTrialOut(serializers.Serializer[Any]):
    """What a rule would raise now, and would have raised in the last seven days."""

    vars()["from"] = serializers.DateTimeField()
    until = serializers.DateTimeField()
    watched = serializers.IntegerField(help_text="How many points the rule is about.")
    evaluated = serializers.IntegerField(help_text="How many of them were tried: 50 at most.")
    hidden = serializers.IntegerField(help_text="How many you may not read.")
    raised = serializers.IntegerField()
    now = TrialledAlarmOut(many=True)
    alarms = TrialledAlarmOut(many=True)
