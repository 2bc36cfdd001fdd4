"""Device types: the catalogue as machines read it."""

from typing import Any, ClassVar

from rest_framework import serializers

from config.lib.serializers import OutSerializer
from config.lib.units import symbol_of
from devices.models import ActionType, DeviceType, PointType


class PointTypeOut(serializers.ModelSerializer[PointType]):
    """One datum of a kind of device."""

    unit = serializers.SerializerMethodField()
    symbol = serializers.SerializerMethodField()

    class Meta:
        model = PointType
        fields: ClassVar[tuple[str, ...]] = (
            *("key", "name", "kind", "value_type", "unit", "symbol", "nature", "obis"),
            *("ontology", "writable", "labels"),
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

    class Meta:
        model = ActionType
        fields: ClassVar[tuple[str, ...]] = ("key", "name", "parameters", "result", "timeout_s")
        read_only_fields = fields


class DeviceTypeOut(OutSerializer):
    """A kind of device; those without an organisation ship with the platform."""

    points = PointTypeOut(many=True, read_only=True)
    actions = ActionTypeOut(many=True, read_only=True)

    class Meta:
        model = DeviceType
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "key", "organisation", "name", "description", "manufacturer", "model"),
            *("category", "ontology", "version", "points", "actions", "created_at", "updated_at"),
        )
        read_only_fields = fields


def describe_point(type_: PointType) -> dict[str, Any]:
    """Return what identifies a point to people and machines beside its values."""
    return dict(PointTypeOut(type_).data)
