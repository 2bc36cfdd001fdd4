"""The bodies of members, occupancies and grants."""

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.models import Organisation, User
from config.lib.serializers import OutSerializer, StrictSerializer, TimeField
from twin.choices import GrantRole, NodeKind, OccupiedView, SiteRole
from twin.models import Grant, Node, Occupancy, Site, SiteMember


class PeriodIn(StrictSerializer):
    """From when until before when; a side that is left out is open."""

    # `from` is a word of Python, so it cannot stand on the left of an assignment.
    vars()["from"] = TimeField(source="starts_at", required=False, allow_null=True)
    until = TimeField(source="ends_at", required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a time that would end before it starts."""
        starts_at, ends_at = attrs.get("starts_at"), attrs.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            raise serializers.ValidationError({"until": "This must come after `from`."})
        return attrs


class PersonIn(StrictSerializer):
    """A person, by e-mail address or by id; an unknown address is invited."""

    email = serializers.EmailField(max_length=254, required=False)
    user = serializers.UUIDField(required=False, allow_null=True)


class SiteMemberChangeIn(PeriodIn):
    """What may be changed of a membership."""

    role = serializers.ChoiceField(choices=SiteRole.choices)


class SiteMemberIn(PersonIn, SiteMemberChangeIn):
    """A new member of a site."""


class OccupancyIn(PersonIn, PeriodIn):
    """A person who moves in; without `from`, now."""


class OccupancyEndIn(StrictSerializer):
    """When the person moves out; left out, now."""

    at = TimeField(required=False, allow_null=True)


class GrantIn(PersonIn, PeriodIn):
    """Access to a node for a person, or for an organisation."""

    node = serializers.UUIDField()
    organisation = serializers.UUIDField(required=False, allow_null=True)
    role = serializers.ChoiceField(choices=GrantRole.choices)


class PolicyIn(StrictSerializer):
    """What the keepers of the site read of a flat for the time somebody lives there."""

    occupied_view = serializers.ChoiceField(choices=OccupiedView.choices)


class PeriodOut(OutSerializer):
    """A row with a person and a time."""

    vars()["from"] = serializers.DateTimeField(source="starts_at", read_only=True, allow_null=True)
    until = serializers.DateTimeField(source="ends_at", read_only=True, allow_null=True)
    user = serializers.PrimaryKeyRelatedField[User](read_only=True, allow_null=True)
    email = serializers.EmailField(source="user.email", read_only=True, default=None)


class SiteMemberOut(PeriodOut):
    """A person at a site."""

    class Meta:
        model = SiteMember
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "site", "user", "email", "role", "from", "until", "created_at", "updated_at"),
        )
        read_only_fields = fields


class OccupancyOut(PeriodOut):
    """A person in a flat."""

    class Meta:
        model = Occupancy
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "space", "site", "user", "email", "from", "until", "sealed_at"),
            *("created_at", "updated_at"),
        )
        read_only_fields = fields


class GrantOut(PeriodOut):
    """A party's access to a node and to all that stands below it."""

    node = serializers.PrimaryKeyRelatedField[Node](read_only=True)
    kind = serializers.ChoiceField(source="node.kind", choices=NodeKind.choices, read_only=True)
    organisation = serializers.PrimaryKeyRelatedField[Organisation](
        source="party_organisation", read_only=True, allow_null=True
    )

    class Meta:
        model = Grant
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "node", "kind", "site", "user", "email", "organisation", "role"),
            *("from", "until", "granted_by", "created_at", "updated_at"),
        )
        read_only_fields = fields


class PolicyOut(OutSerializer):
    """What the keepers of a site read of its occupied flats."""

    site = serializers.UUIDField(source="pk", read_only=True)

    class Meta:
        model = Site
        fields = ("site", "occupied_view", "updated_at")
        read_only_fields = fields
