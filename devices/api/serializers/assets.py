"""Fleets and assets: what an organisation declares."""

from typing import Any, ClassVar

from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TextField
from devices.api.fields import VisibleField
from devices.choices import AssetRole, AssetStatus
from devices.models import Asset, Fleet


class FleetOut(OutSerializer):
    """A fleet."""

    class Meta:
        model = Fleet
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "name", "organisation", "created_at", "updated_at"),
        )
        read_only_fields = fields


class FleetChangeIn(StrictSerializer):
    """What can be changed about a fleet."""

    name = TextField(max_length=200)


class FleetIn(FleetChangeIn):
    """A fleet to be made."""

    organisation = serializers.UUIDField(required=False, allow_null=True)


class FleetCoverageOut(serializers.Serializer[Any]):
    """How complete the data of a fleet is; null without a device."""

    fleet = serializers.UUIDField()
    devices = serializers.IntegerField()
    day = serializers.FloatField(
        allow_null=True, help_text="The share of the last 24 whole hours that readings speak for."
    )
    week = serializers.FloatField(
        allow_null=True, help_text="The same of the last seven whole days."
    )


class AssetOut(OutSerializer):
    """A declared asset; its claim code is shown by the creating call alone."""

    id = serializers.UUIDField(source="pk", read_only=True)
    expandable = {"fleet": FleetOut}

    class Meta:
        model = Asset
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "organisation", "fleet", "role", "manufacturer", "model", "serial", "status"),
            *("reason", "claimed_at", "created_at", "updated_at"),
        )
        read_only_fields = fields


class EmbeddedAssetOut(AssetOut):
    """An asset as whoever sees its device sees it: without what its organisation says of it."""

    class Meta(AssetOut.Meta):
        fields = tuple(
            name for name in AssetOut.Meta.fields if name not in {"reason", "claimed_at"}
        )
        read_only_fields = fields


class DeclaredAssetOut(AssetOut):
    """A new asset with its claim code, which nobody can read again."""

    claim_code = serializers.CharField(read_only=True)

    class Meta(AssetOut.Meta):
        fields = (*AssetOut.Meta.fields, "claim_code")
        read_only_fields = fields


class AssetIn(StrictSerializer):
    """An asset to be declared; the serial is exact text."""

    fleet = VisibleField(Fleet.objects)
    role = serializers.ChoiceField(choices=AssetRole.choices, default=AssetRole.DEVICE)
    manufacturer = TextField(max_length=200)
    model = TextField(max_length=200, required=False, allow_blank=True, default="")
    serial = TextField(max_length=200, trim_whitespace=False)


class AssetChangeIn(StrictSerializer):
    """What can be changed about an asset; ``active`` brings a suspended one back."""

    fleet = VisibleField(Fleet.objects, required=False)
    model = TextField(max_length=200, required=False, allow_blank=True)
    status = serializers.ChoiceField(choices=AssetStatus.choices, required=False)
    reason = TextField(max_length=500, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take a reason together with the status that it explains."""
        if "reason" in attrs and "status" not in attrs:
            findings = {"reason": "The reason of which status? Send both."}
            raise serializers.ValidationError(findings, code="status_missing")
        return attrs

    def validate_status(self, status: str) -> str:
        """Refuse the one status that nothing returns to by hand."""
        if status == AssetStatus.DECLARED:
            raise serializers.ValidationError("Send active to reactivate.", code="invalid_choice")
        return status


class BulkAssetsIn(StrictSerializer):
    """Up to 10,000 assets; ``fleet`` is for those that name none."""

    fleet = serializers.UUIDField(required=False, allow_null=True)
    assets: Any = serializers.ListField(child=serializers.JSONField())


class LabelsIn(StrictSerializer):
    """Declared assets whose labels are to be printed."""

    assets: Any = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=500
    )


class BulkDeclaredOut(serializers.Serializer[Any]):
    """One declared item of a batch."""

    index = serializers.IntegerField()
    id = serializers.UUIDField()
    serial = serializers.CharField()
    claim_code = serializers.CharField()


class RejectedOut(serializers.Serializer[Any]):
    """One item that was not taken, and why."""

    index = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class BulkAssetsOut(serializers.Serializer[Any]):
    """What became of each item."""

    accepted = serializers.IntegerField()
    results = BulkDeclaredOut(many=True)
    rejected = RejectedOut(many=True)
