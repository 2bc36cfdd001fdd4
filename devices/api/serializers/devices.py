"""Devices and gateways."""

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.principals import Principal
from config.lib.serializers import OutSerializer, StrictSerializer, TextField
from devices.api.fields import TagsField, VisibleField
from devices.api.serializers.assets import EmbeddedAssetOut, FleetOut
from devices.api.serializers.types import PointTypeOut
from devices.models import Asset, Device, Fleet, Gateway, Point
from twin.models import Site, Space
from twin.models.reach import reach_of

SHOWN = "shown_"


def with_shown(rows: QuerySet[Any], principal: Principal, *nouns: type[Any]) -> QuerySet[Any]:
    """Return the rows with which of the things they name the caller may see.

    Who acts in their organisation as a whole sees all of them; for others each is asked of its own
    gate, in the same query.
    """
    if reach_of(principal).is_of_organisations:
        return rows
    found = {}
    for noun in nouns:
        name = noun._meta.model_name
        visible = noun.objects.visible_to(principal).filter(pk=OuterRef(f"{name}_id"))
        found[f"{SHOWN}{name}"] = Exists(visible)
    return rows.annotate(**found)


class VisibleOut(OutSerializer):
    """A thing whose body is null where it names what the caller may not see: an id that leads
    nowhere would tell that there is something.
    """

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the body with what ``with_shown`` found."""
        body = dict(super().to_representation(instance))
        for name in body:
            if not getattr(instance, f"{SHOWN}{name}", True):
                body[name] = None
        return body


class GatewayOut(VisibleOut):
    """A gateway; what it names and the caller may not see is null."""

    id = serializers.UUIDField(source="pk", read_only=True)
    serial = serializers.CharField(source="asset.serial", read_only=True)
    has_credentials = serializers.BooleanField(read_only=True)
    expandable = {"asset": EmbeddedAssetOut}

    class Meta:
        model = Gateway
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "name", "serial", "asset", "organisation", "site", "space", "status"),
            *("last_seen_at", "has_credentials", "created_at", "updated_at"),
        )
        read_only_fields = fields


class StoodOut(OutSerializer):
    """A device that stood in a flat: what it is, not what became of it."""

    id = serializers.UUIDField(source="pk", read_only=True)
    serial = serializers.CharField(source="asset.serial", read_only=True)
    type = serializers.CharField(source="type.key", read_only=True)

    class Meta:
        model = Device
        fields = ("id", "serial", "type")
        read_only_fields = fields


class PlaceIn(StrictSerializer):
    """Where something stands; a space implies its site."""

    site = VisibleField(Site.objects, required=False, allow_null=True)
    space = VisibleField(Space.objects, required=False, allow_null=True)


class GatewayChangeIn(PlaceIn):
    """What can be changed about a gateway."""

    name = TextField(max_length=200, required=False)


class EmbeddedStateOut(serializers.BaseSerializer[Any]):
    """The state of a device, out of those looked up for the page; null where it may not be told."""

    def get_attribute(self, instance: Device) -> Any:
        """Return the state, by the keys of the points."""
        return self.context.get("states", {}).get(instance.pk)

    def to_representation(self, instance: Any) -> Any:
        """Return the state as it is."""
        return instance


class DeviceOut(VisibleOut):
    """A device; ``type`` is the key of its type.

    What it names and the caller may not see is null.
    """

    id = serializers.UUIDField(source="pk", read_only=True)
    serial = serializers.CharField(source="asset.serial", read_only=True)
    type = serializers.CharField(source="type.key", read_only=True)
    tags = serializers.DictField(child=serializers.CharField(), read_only=True)
    expandable: ClassVar = {
        "asset": EmbeddedAssetOut,
        "fleet": FleetOut,
        "gateway": GatewayOut,
        "state": EmbeddedStateOut,
    }

    class Meta:
        model = Device
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "name", "reported_name", "serial", "type", "asset", "fleet", "organisation"),
            *("site", "space", "gateway", "status", "last_seen_at", "tags"),
            *("created_at", "updated_at"),
        )
        read_only_fields = fields

    def to_representation(self, instance: Device) -> dict[str, Any]:
        """Leave the fleet out of an embedded asset, too."""
        body = super().to_representation(instance)
        if isinstance(body.get("asset"), dict) and not getattr(instance, f"{SHOWN}fleet", True):
            body["asset"] = {**body["asset"], "fleet": None}
        return body


# The asset is the device's own and shown to whoever sees that.
NAMED = (Fleet, Gateway, Site, Space)


def with_what_is_shown(
    devices: QuerySet[Device], *, expand: str, principal: Principal
) -> QuerySet[Device]:
    """Return the devices joined with all that their bodies show, as ``?expand=`` asks.

    What is embedded comes through its own gate: a fleet or gateway out of reach is null.
    """
    fleets = Fleet.objects.visible_to(principal)
    if not principal.has_scope("fleets:read"):
        fleets = fleets.none()
    gateways = Gateway.objects.visible_to(principal).select_related("asset")
    gates: dict[str, QuerySet[Any]] = {"fleet": fleets, "gateway": gateways}
    asked = [Prefetch(name, gates[name]) for name in gates if name in expand.split(",")]
    rows = devices.select_related("asset", "type").prefetch_related(*asked)
    return with_shown(rows, principal, *NAMED)


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


class DesiredOut(serializers.Serializer[Any]):
    """The value that a setting shall have, and since when."""

    value = AnyValueField()
    time = serializers.DateTimeField()


class StateChangeIn(StrictSerializer):
    """What settings shall be, by the keys of their points."""

    points = serializers.DictField(child=serializers.JSONField(), allow_empty=False)


class PointStateOut(serializers.Serializer[Any]):
    """The latest value of a point; null throughout before the first reading.

    Settings that can be written also say what they shall be.
    """

    value = AnyValueField()
    unit = serializers.CharField(allow_null=True)
    symbol = serializers.CharField(allow_null=True)
    time = serializers.DateTimeField(allow_null=True)
    quality = serializers.CharField(allow_null=True)
    desired = DesiredOut(allow_null=True, required=False)


class StateOut(serializers.Serializer[Any]):
    """The latest values of a device by the keys of its points."""

    device = serializers.UUIDField()
    points = serializers.DictField(child=PointStateOut())
