"""Devices and gateways."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TextField
from devices.api.fields import TagsField, VisibleField
from devices.api.serializers.assets import AssetOut, FleetOut
from devices.api.serializers.types import PointTypeOut
from devices.models import Asset, Device, Gateway, Point
from twin.models import Site, Space


class GatewayOut(OutSerializer):
    """A gateway."""

    id = serializers.UUIDField(source="pk", read_only=True)
    serial = serializers.CharField(source="asset.serial", read_only=True)
    expandable = {"asset": AssetOut}

    class Meta:
        model = Gateway
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "name", "serial", "asset", "organisation", "site", "space", "status"),
            *("last_seen_at", "created_at", "updated_at"),
        )
        read_only_fields = fields


class PlaceIn(StrictSerializer):
    """Where something stands; a space implies its site."""

    site = VisibleField(Site.objects, required=False, allow_null=True)
    space = VisibleField(Space.objects, required=False, allow_null=True)


class GatewayChangeIn(PlaceIn):
    """What can be changed about a gateway."""

    name = TextField(max_length=200, required=False)


class DeviceOut(OutSerializer):
    """A device; ``type`` is the key of its type."""

    id = serializers.UUIDField(source="pk", read_only=True)
    serial = serializers.CharField(source="asset.serial", read_only=True)
    type = serializers.CharField(source="type.key", read_only=True)
    tags = serializers.DictField(child=serializers.CharField(), read_only=True)
    expandable = {"asset": AssetOut, "fleet": FleetOut, "gateway": GatewayOut}

    class Meta:
        model = Device
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "name", "reported_name", "serial", "type", "asset", "fleet", "organisation"),
            *("site", "space", "gateway", "status", "last_seen_at", "tags"),
            *("created_at", "updated_at"),
        )
        read_only_fields = fields


class DeviceChangeIn(PlaceIn):
    """What can be changed about a device."""

    gateway = VisibleField(Gateway.objects, required=False, allow_null=True)
    name = TextField(max_length=200, required=False)
    tags = TagsField(required=False)


class DeviceIn(DeviceChangeIn):
    """A declared asset to be brought into use; without a name it is called by its serial."""

    asset = VisibleField(Asset.objects)
    type = TextField(max_length=100, help_text="The key of a device type.")
    name = TextField(max_length=200, required=False, allow_blank=True)


class PointOut(serializers.Serializer[Any]):
    """A point of a device with what its type says of it."""

    id = serializers.IntegerField(read_only=True)

    def to_representation(self, instance: Point) -> dict[str, Any]:
        """Return the point's number and its type."""
        return {"id": instance.pk, **PointTypeOut(instance.type).data}


@extend_schema_field({"type": ["number", "boolean", "string", "null"]})
class AnyValueField(serializers.Field[Any, Any, Any, Any]):
    """A number, true or false, a label or a text, by the type of the point."""


class PointStateOut(serializers.Serializer[Any]):
    """The latest value of a point; null throughout before the first reading."""

    value = AnyValueField()
    unit = serializers.CharField(allow_null=True)
    symbol = serializers.CharField(allow_null=True)
    time = serializers.DateTimeField(allow_null=True)
    quality = serializers.CharField(allow_null=True)


class StateOut(serializers.Serializer[Any]):
    """The latest values of a device by the keys of its points."""

    device = serializers.UUIDField()
    points = serializers.DictField(child=PointStateOut())
