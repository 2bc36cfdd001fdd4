"""Metering points, what feeds them, and what they come to."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.choices import Resolution
from config.lib.serializers import (
    OutSerializer,
    StrictSerializer,
    TextField,
    TimeField,
    TimeZoneField,
)
from config.lib.units import symbol_of
from devices.api.fields import TagsField, VisibleField
from devices.api.serializers.readings import CSV, JSON, RangeQuery
from devices.api.serializers.totals import INTERVALS
from devices.choices import FlowDirection, Medium
from devices.models import Assignment, Device, FormulaTerm, MeteringPoint, Restatement
from twin.models import Site, Space

Fields = dict[str, serializers.Field[Any, Any, Any, Any]]
MAX_NUMBER = 1e15


class NumberField(serializers.FloatField):
    """A JSON number: neither text nor true and false."""

    def to_internal_value(self, data: Any) -> float:
        """Accept a number that is one."""
        if isinstance(data, bool) or not isinstance(data, (int, float)):
            self.fail("invalid")
        return float(super().to_internal_value(data))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": -MAX_NUMBER, "max_value": MAX_NUMBER, **kwargs})


class FromMixin:
    """A body with a field called ``from``, a word that Python keeps for itself."""

    def get_fields(self: Any) -> Fields:
        """Return the fields with ``from`` before ``until``."""
        fields: Fields = super().get_fields()  # type: ignore[misc]
        until = fields.pop("until")
        return {**fields, "from": self.from_field(), "until": until}


class TermIn(FromMixin, StrictSerializer):
    """Another metering point that counts: 1 adds, -1 takes away, 0.25 gives a quarter."""

    metering_point = VisibleField(MeteringPoint.objects, source="source")
    weight = NumberField(required=False, default=None, allow_null=True)
    until = TimeField(required=False, allow_null=True, default=None)

    @staticmethod
    def from_field() -> serializers.Field[Any, Any, Any, Any]:
        """Return the beginning: open, unless given."""
        return TimeField(source="since", required=False, allow_null=True, default=None)


class TermOut(FromMixin, serializers.ModelSerializer[FormulaTerm]):
    """A term of a formula."""

    metering_point = serializers.UUIDField(source="source_id", read_only=True)
    until = serializers.DateTimeField(source="period.upper", read_only=True, allow_null=True)

    class Meta:
        model = FormulaTerm
        fields = ("metering_point", "weight", "until")
        read_only_fields = fields

    @staticmethod
    def from_field() -> serializers.Field[Any, Any, Any, Any]:
        """Return the beginning; null if it is open."""
        return serializers.DateTimeField(source="period.lower", read_only=True, allow_null=True)


class MeteringPointOut(OutSerializer):
    """A metering point; a virtual one has a formula, and no assignments."""

    symbol = serializers.SerializerMethodField()
    virtual = serializers.BooleanField(source="is_virtual", read_only=True)
    active = serializers.BooleanField(source="is_active", read_only=True)
    tags = serializers.DictField(child=serializers.CharField(), read_only=True)
    formula = TermOut(source="terms", many=True, read_only=True)

    class Meta:
        model = MeteringPoint
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "name", "medium", "direction", "unit", "symbol", "organisation", "site"),
            *("space", "virtual", "formula", "active", "tags", "created_at", "updated_at"),
        )
        read_only_fields = fields

    @extend_schema_field({"type": "string"})
    def get_symbol(self, point: MeteringPoint) -> str:
        """Return the unit as people write it."""
        return symbol_of(point.unit)


class MeteringPointChangeIn(StrictSerializer):
    """What can be changed about a metering point; medium and unit stay."""

    name = TextField(max_length=200, required=False)
    direction = serializers.ChoiceField(choices=FlowDirection.choices, required=False)
    space = VisibleField(Space.objects, required=False, allow_null=True)
    formula = TermIn(many=True, required=False, allow_empty=False)
    active = serializers.BooleanField(source="is_active", required=False)
    tags = TagsField(required=False)


class MeteringPointIn(MeteringPointChangeIn):
    """A new metering point; a space implies its site, and the medium a unit."""

    name = TextField(max_length=200)
    medium = serializers.ChoiceField(choices=Medium.choices)
    site = VisibleField(Site.objects, required=False, allow_null=True)
    unit = TextField(max_length=32, required=False, help_text="A UCUM code, such as kW.h.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for a place."""
        if attrs.get("site") is None and attrs.get("space") is None:
            text = "Say at which site or in which space it is."
            raise serializers.ValidationError({"site": [text]}, code="required")
        return attrs


class AssignmentOut(FromMixin, OutSerializer):
    """A device point that feeds a metering point for a time."""

    device = serializers.UUIDField(source="point.device_id", read_only=True)
    point = serializers.CharField(source="point.type.key", read_only=True)
    until = serializers.DateTimeField(source="period.upper", read_only=True, allow_null=True)

    class Meta:
        model = Assignment
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "metering_point", "device", "point", "until", "factor", "start_counter"),
            *("end_counter", "created_at", "updated_at"),
        )
        read_only_fields = fields

    def to_representation(self, instance: Assignment) -> dict[str, Any]:
        """Return the assignment; a counter from before the reader's own time is null."""
        body = super().to_representation(instance)
        since = self.context.get("told_since")
        if since is not None and instance.period.lower < since and "start_counter" in body:
            body["start_counter"] = None
        return body

    @staticmethod
    def from_field() -> serializers.Field[Any, Any, Any, Any]:
        """Return the beginning."""
        return serializers.DateTimeField(source="period.lower", read_only=True)


class AssignmentChangeIn(FromMixin, StrictSerializer):
    """What can be corrected about an assignment."""

    until = TimeField(required=False, allow_null=True)
    factor = NumberField(required=False, min_value=1e-9)
    start_counter = NumberField(required=False, allow_null=True)
    end_counter = NumberField(required=False, allow_null=True)

    @staticmethod
    def from_field() -> serializers.Field[Any, Any, Any, Any]:
        """Return the beginning, which may stay."""
        return TimeField(source="since", required=False)


class AssignmentIn(AssignmentChangeIn):
    """A device point to feed the metering point; what feeds it so far ends then."""

    device = VisibleField(Device.objects)
    point = TextField(max_length=100, help_text="The key of a counter of the device.")
    previous_end_counter = NumberField(
        required=False, allow_null=True, help_text="What the meter before showed at the end."
    )

    @staticmethod
    def from_field() -> serializers.Field[Any, Any, Any, Any]:
        """Return the beginning, which must be given."""
        return TimeField(source="since")


class ConsumptionQuery(RangeQuery):
    """Which consumption is asked for."""

    interval = serializers.ChoiceField(choices=INTERVALS, default=Resolution.DAY)
    timezone = TimeZoneField(
        required=False, default="", help_text="By whose clock; else the site's."
    )
    format = serializers.ChoiceField(choices=[JSON, CSV], required=False, default="")


class OneConsumptionQuery(ConsumptionQuery):
    """The same of a single metering point, perhaps with all that is behind it."""

    explain = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Also list the counters, assignments, factors and corrections of each bucket.",
    )


class ConsumptionOut(serializers.Serializer[Any]):
    """Consumption in columns; ``problem`` says why there is none, in lists."""

    metering_point = serializers.UUIDField()
    name = serializers.CharField()
    medium = serializers.CharField()
    direction = serializers.CharField()
    interval = serializers.CharField()
    timezone = serializers.CharField()
    unit = serializers.CharField()
    symbol = serializers.CharField()
    times = serializers.ListField(child=serializers.DateTimeField())
    values = serializers.ListField(child=serializers.FloatField())
    coverage = serializers.ListField(child=serializers.FloatField())
    quality = serializers.ListField(child=serializers.CharField())
    flags = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    problem = serializers.DictField(allow_null=True, required=False)


class CounterOut(serializers.Serializer[Any]):
    """What a counter showed; ``given`` if somebody wrote it down."""

    time = serializers.DateTimeField()
    value = serializers.FloatField(allow_null=True)
    given = serializers.BooleanField()


class FeedShareOut(serializers.Serializer[Any]):
    """One feed's part in one bucket."""

    time = serializers.DateTimeField(help_text="The beginning of the bucket.")
    metering_point = serializers.UUIDField(help_text="The one that is fed.")
    assignment = serializers.UUIDField()
    device = serializers.UUIDField()
    serial = serializers.CharField()
    point = serializers.CharField()
    first = CounterOut()
    last = CounterOut()
    counted = serializers.FloatField(help_text="In the unit of the device.")
    factor = serializers.FloatField()
    weight = serializers.FloatField()
    value = serializers.FloatField(help_text="counted × factor × weight.")
    flags = serializers.ListField(child=serializers.CharField())
    corrections = serializers.ListField(child=serializers.DictField())
    readings = serializers.IntegerField(help_text="How many readings lie between.")
    restated = serializers.IntegerField(help_text="How many of them were changed since.")


class ExplainedOut(ConsumptionOut):
    """Consumption with what is behind each number, if asked for."""

    explanation = FeedShareOut(many=True, required=False)


class RestatementOut(OutSerializer):
    """A closed day or month that is another one now; null where there was, or is, none."""

    class Meta:
        model = Restatement
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "metering_point", "interval", "start", "end", "before", "after", "reason"),
            "created_at",
        )
        read_only_fields = fields
