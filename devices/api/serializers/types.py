"""Device types: the catalogue as machines read it."""

from typing import Any, ClassVar

from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TextField
from config.lib.units import symbol_of
from devices.models import ActionType, DeviceType, DeviceTypeVersion, PointType
from devices.models.types import TYPE_KEY


class PointTypeOut(serializers.ModelSerializer[PointType]):
    """One datum of a kind of device."""

    unit = serializers.SerializerMethodField()
    symbol = serializers.SerializerMethodField()

    class Meta:
        model = PointType
        fields: ClassVar[tuple[str, ...]] = (
            *("key", "name", "kind", "value_type", "unit", "symbol", "nature", "obis"),
            *("ontology", "writable", "labels", "counter_width", "keeps_first"),
        )
        read_only_fields = fields

    def get_unit(self, point: PointType) -> str | None:
        """Return the UCUM code; null where the values are no numbers."""
        return point.unit or None

    def get_symbol(self, point: PointType) -> str | None:
        """Return the unit as people write it."""
        return symbol_of(point.unit) if point.unit else None


class ActionTypeOut(serializers.ModelSerializer[ActionType]):
    """One deed that a kind of device can be asked for; parameters and result are JSON Schemas."""

    parameters = serializers.DictField()
    result = serializers.DictField()
    interlocks = serializers.DictField()

    class Meta:
        model = ActionType
        fields: ClassVar[tuple[str, ...]] = (
            *("key", "name", "parameters", "result", "timeout_s"),
            *("is_idempotent", "needs_approval", "interlocks"),
        )
        read_only_fields = fields


class DeviceTypeOut(OutSerializer):
    """A kind of device; those without an organisation ship with the platform."""

    points = PointTypeOut(many=True, read_only=True)
    actions = ActionTypeOut(many=True, read_only=True)

    class Meta:
        model = DeviceType
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "key", "organisation", "name", "description", "manufacturer", "model"),
            *("category", "ontology", "version", "offline_after_s", "points", "actions"),
            *("created_at", "updated_at"),
        )
        read_only_fields = fields


class DeviceTypeChangeIn(StrictSerializer):
    """What can be changed about a kind of device; lists replace the whole list."""

    name = TextField(max_length=200)
    description = TextField(max_length=4_000, required=False, allow_blank=True)
    manufacturer = TextField(max_length=200, required=False, allow_blank=True)
    model = TextField(max_length=200, required=False, allow_blank=True)
    category = serializers.RegexField(TYPE_KEY.regex, max_length=64)
    ontology = TextField(max_length=200, required=False, allow_blank=True)
    offline_after_s = serializers.IntegerField(required=False, min_value=60, max_value=2**31 - 1)
    points: Any = serializers.ListField(child=serializers.DictField(), max_length=500)
    actions: Any = serializers.ListField(
        child=serializers.DictField(), max_length=100, required=False
    )


class DeviceTypeIn(DeviceTypeChangeIn):
    """A kind of device of an organisation's own; points and actions as the catalogue shows them."""

    key = serializers.RegexField(TYPE_KEY.regex, max_length=100)
    organisation = serializers.UUIDField(required=False, allow_null=True)


def describe_point(type_: PointType) -> dict[str, Any]:
    """Return what identifies a point to people and machines beside its values."""
    return dict(PointTypeOut(type_).data)


class DeviceTypeVersionOut(OutSerializer):
    """A version of a kind of device: the whole of it, as it was published."""

    document = serializers.DictField()
    published_at = serializers.DateTimeField(source="created_at")

    class Meta:
        model = DeviceTypeVersion
        fields: ClassVar[tuple[str, ...]] = ("number", "published_at", "document")
        read_only_fields = fields


class TypeImportQuery(serializers.Serializer[Any]):
    """For whom an import is, and whether it is only to say what it would do."""

    organisation = serializers.UUIDField(required=False, allow_null=True, default=None)
    dry_run = serializers.BooleanField(required=False, default=False)


class TypeFindingOut(serializers.Serializer[Any]):
    """One thing that is wrong: where in the document, which rule, what to do."""

    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class TypeOutcomeOut(serializers.Serializer[Any]):
    """What becomes, or became, of one type."""

    pointer = serializers.CharField()
    key = serializers.CharField()
    status = serializers.ChoiceField(choices=["created", "changed", "unchanged", "refused"])
    version = serializers.IntegerField(allow_null=True)
    id = serializers.UUIDField(allow_null=True)
    changes = serializers.ListField(child=serializers.CharField())
    findings = TypeFindingOut(many=True)


class TypeImportOut(serializers.Serializer[Any]):
    """What an import did, or would do, type by type."""

    dry_run = serializers.BooleanField()
    results = TypeOutcomeOut(many=True)
