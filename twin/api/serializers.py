"""The bodies of twin's REST API."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TextField, WholeNumberField
from twin.api.plan_serializers import EXCEPTION_HELP, SpecField
from twin.models import Relationship, Site, Space
from twin.models.reach import reach_of
from twin.rights import Place

MAX_ADDRESS_LINES = 20


class LocationIn(StrictSerializer):
    """A place on earth, in degrees (WGS 84)."""

    latitude = serializers.FloatField(min_value=-90, max_value=90)
    longitude = serializers.FloatField(min_value=-180, max_value=180)


class AddressField(serializers.DictField):
    """An address as named lines: street, postal_code, city, country."""

    child = TextField(max_length=200, allow_blank=True)
    default_error_messages = {"too_many": f"Give at most {MAX_ADDRESS_LINES} lines."}

    def to_internal_value(self, data: Any) -> Any:
        """Accept a few short texts."""
        if isinstance(data, dict) and len(data) > MAX_ADDRESS_LINES:
            self.fail("too_many")
        return super().to_internal_value(data)


class SiteChangeIn(StrictSerializer):
    """What can be changed about a site."""

    name = TextField(max_length=200)
    timezone = TextField(source="time_zone", max_length=64, required=False)
    address = AddressField(required=False)
    location = LocationIn(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Spread the location over its two columns."""
        if "location" in attrs:
            place = attrs.pop("location") or {"latitude": None, "longitude": None}
            attrs |= place
        return attrs


class SiteIn(SiteChangeIn):
    """A site to be made, from a template or empty."""

    organisation = serializers.UUIDField(required=False, allow_null=True)
    template = TextField(
        required=False, allow_null=True, max_length=60, help_text="Such as `collective-housing@1`."
    )
    parameters = serializers.DictField(
        required=False, help_text="Values for the template's parameters."
    )
    exceptions = serializers.DictField(required=False, help_text=EXCEPTION_HELP)
    spec = SpecField(
        required=False, help_text="Every space, instead of the template's layout; see the docs."
    )


class CountsOut(serializers.Serializer[Any]):
    """How much a template has built."""

    spaces = serializers.IntegerField()
    views = serializers.IntegerField()


class SiteOut(OutSerializer):
    """A home or a building."""

    id = serializers.UUIDField(source="pk", read_only=True)
    template = serializers.CharField(
        source="template_version.reference", read_only=True, allow_null=True
    )
    timezone = serializers.CharField(source="time_zone", read_only=True)
    location = serializers.SerializerMethodField()

    class Meta:
        model = Site
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "name", "organisation", "template", "parameters", "timezone"),
            *("address", "location", "created_at", "updated_at"),
        )
        read_only_fields = fields

    @extend_schema_field(LocationIn(allow_null=True))
    def get_location(self, site: Site) -> dict[str, float | None] | None:
        """Return where the site is, if that is known."""
        if site.latitude is None:
            return None
        return {"latitude": site.latitude, "longitude": site.longitude}


class BuiltSiteOut(SiteOut):
    """A new site, and how much was built in it."""

    counts = CountsOut(read_only=True)

    class Meta(SiteOut.Meta):
        fields = (*SiteOut.Meta.fields, "counts")
        read_only_fields = fields


class BranchOut(serializers.Serializer[Any]):
    """A space of the tree; ``children`` are spaces like it."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    name = serializers.CharField()
    children = serializers.ListField(child=serializers.DictField())


class TreeOut(serializers.Serializer[Any]):
    """A site's spaces as a tree."""

    site = serializers.UUIDField()
    spaces = BranchOut(many=True)


class SpaceChangeIn(StrictSerializer):
    """What can be changed about a space."""

    name = TextField(max_length=200)
    properties = serializers.DictField(required=False)
    position = WholeNumberField(
        required=False, min_value=0, max_value=2_147_483_647, help_text="Place among siblings."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add ``parent``, a name that DRF's fields have taken for themselves."""
        parent = serializers.UUIDField(required=False, allow_null=True)
        return {**super().get_fields(), "parent": parent}


class SpaceIn(SpaceChangeIn):
    """A space to be made, in a site and maybe below another space."""

    site = serializers.UUIDField()
    kind = serializers.RegexField(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*\Z", max_length=50)


class SpaceOut(OutSerializer):
    """A physical part of a site; ``parent`` is null at the top of what the caller sees of it."""

    id = serializers.UUIDField(source="pk", read_only=True)

    class Meta:
        model = Space
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "site", "parent", "kind", "name", "position", "properties"),
            *("template_key", "created_at", "updated_at"),
        )
        read_only_fields = fields

    def to_representation(self, instance: Space) -> dict[str, Any]:
        """Leave out the parent where it is out of reach, as trees do; no query more."""
        body: dict[str, Any] = super().to_representation(instance)
        if instance.parent_id and "parent" in body:
            above = frozenset(UUID(label) for label in [*instance.path][:-1])
            place = Place(instance.organisation_id, instance.site_id, above)
            if not reach_of(self.context["request"].auth).sees(place, instance.parent_id):
                body["parent"] = None
        return body


class RelationshipIn(StrictSerializer):
    """Two nodes to join."""

    kind = serializers.RegexField(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*\Z", max_length=50)
    target = serializers.UUIDField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add ``source``, a name that DRF's fields have taken for themselves."""
        return {**super().get_fields(), "source": serializers.UUIDField()}


class RelationshipOut(OutSerializer):
    """A typed, directed edge between two nodes."""

    class Meta:
        model = Relationship
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "kind", "source", "target", "site", "organisation"),
            *("created_at", "updated_at"),
        )
        read_only_fields = fields
