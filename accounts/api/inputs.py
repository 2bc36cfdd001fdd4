"""What the API of accounts reads: form alone; rules that need other rows live in the services."""

from typing import Any

from rest_framework import serializers

from accounts.choices import GrantType, OrganisationRole, Resolution
from accounts.models import Application
from accounts.scopes import SCOPES
from config.lib.serializers import StrictSerializer, TextField, TimeField, TimeZoneField


class OrganisationIn(StrictSerializer):
    """What may be changed of an organisation."""

    name = TextField(max_length=200)
    time_zone = TimeZoneField(max_length=64)


class OrganisationMembershipIn(StrictSerializer):
    """What may be changed of a membership."""

    role = serializers.ChoiceField(choices=OrganisationRole.choices)
    starts_at = TimeField(allow_null=True, required=False)
    ends_at = TimeField(allow_null=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a membership that would end before it starts."""
        starts_at, ends_at = attrs.get("starts_at"), attrs.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            raise serializers.ValidationError({"ends_at": "This must come after starts_at."})
        return attrs


class OrganisationMemberIn(OrganisationMembershipIn):
    """A new member, named by e-mail address."""

    email = serializers.EmailField(max_length=254)


class ApplicationIn(StrictSerializer):
    """An application; when it is changed, only what is sent changes."""

    name = TextField(max_length=255)
    purpose = TextField(required=False, allow_blank=True, max_length=2000)
    privacy_url = serializers.URLField(required=False, allow_blank=True, max_length=200)
    grant_types = serializers.ListField(
        child=serializers.ChoiceField(choices=GrantType.choices), required=False, min_length=1
    )
    redirect_uris = serializers.ListField(
        child=TextField(max_length=2000), required=False, max_length=20
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=list(SCOPES)), required=False
    )

    def validate_redirect_uris(self, given: list[str]) -> str:
        """Return the addresses as the table keeps them: parted by blanks, so without any."""
        for index, uri in enumerate(given):
            if any(char.isspace() for char in uri):
                raise serializers.ValidationError({str(index): ["An address holds no blank."]})
        return " ".join(given)


class NewApplicationIn(ApplicationIn):
    """A new application; without an organisation it belongs to the caller's only one."""

    organisation = serializers.UUIDField(required=False)
    client_type = serializers.ChoiceField(choices=Application.CLIENT_TYPES, required=False)


class ConsentIn(StrictSerializer):
    """What may be narrowed of a consent; withdraw it rather than leave nothing of it."""

    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=list(SCOPES)), allow_empty=False
    )
    nodes = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, allow_null=True, max_length=1000
    )
    history_from = TimeField(allow_null=True)
    resolution = serializers.ChoiceField(choices=Resolution.choices)
    expires_at = TimeField(allow_null=True)

    def validate_resolution(self, value: str) -> Resolution:
        """Return the word as the services know it."""
        return Resolution(value)
