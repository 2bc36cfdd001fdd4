"""What the API shows of accounts."""

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.models import Application, B2BUser, Consent, Organisation, User
from accounts.scopes import sentence_of
from config.lib.serializers import OutSerializer


class OrganisationOut(OutSerializer):
    """An organisation."""

    class Meta:
        model = Organisation
        fields = ("id", "name", "time_zone", "created_at", "updated_at")
        read_only_fields = fields


class OrganisationMemberOut(OutSerializer):
    """A user in an organisation."""

    expandable: ClassVar = {"organisation": OrganisationOut}

    user = serializers.PrimaryKeyRelatedField[User](read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    name = serializers.CharField(source="shown_name", read_only=True)

    class Meta:
        model = B2BUser
        fields = (
            "id",
            "organisation",
            "user",
            "email",
            "name",
            "role",
            "starts_at",
            "ends_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class ApplicationOut(OutSerializer):
    """An OAuth client; its secret is shown once, by the call that makes it."""

    expandable: ClassVar = {"organisation": OrganisationOut}

    redirect_uris = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="created", read_only=True)
    updated_at = serializers.DateTimeField(source="updated", read_only=True)

    class Meta:
        model = Application
        fields = (
            "id",
            "client_id",
            "organisation",
            "name",
            "purpose",
            "privacy_url",
            "client_type",
            "grant_types",
            "redirect_uris",
            "scopes",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_redirect_uris(self, application: Application) -> list[str]:
        """Return the addresses as a list."""
        return application.redirect_uris.split()


class NewApplicationOut(ApplicationOut):
    """An application with its secret, which is not kept and not shown again."""

    client_secret = serializers.CharField(read_only=True)

    class Meta(ApplicationOut.Meta):
        fields = (*ApplicationOut.Meta.fields, "client_secret")  # type: ignore[assignment]


class SecretOut(serializers.Serializer[Any]):
    """A new secret, shown once."""

    client_id = serializers.CharField()
    client_secret = serializers.CharField()


class ConsentNodeOut(serializers.Serializer[Any]):
    """A site, space, gateway or device that a consent covers, with all that stands below it.

    Where the caller does not see it, it has no kind and no name.
    """

    id = serializers.UUIDField()
    kind = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)


class AskingOrganisationOut(serializers.Serializer[Any]):
    """The organisation whose application asks."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class ConsentOut(OutSerializer):
    """What a user lets an application do; ``nodes`` is null where it covers all they have."""

    expandable: ClassVar = {"application": ApplicationOut}

    application_name = serializers.CharField(source="application.name", read_only=True)
    organisation = AskingOrganisationOut(source="application.organisation", read_only=True)
    sentences = serializers.SerializerMethodField(help_text="What each scope means, in words.")
    nodes = ConsentNodeOut(source="places", many=True, read_only=True, allow_null=True)

    class Meta:
        model = Consent
        fields = (
            "id",
            "application",
            "application_name",
            "organisation",
            "scopes",
            "sentences",
            "purpose",
            "nodes",
            "history_from",
            "resolution",
            "granted_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_sentences(self, consent: Consent) -> dict[str, str]:
        """Return what each scope means, in the language of the request."""
        return {scope: sentence_of(scope) for scope in consent.scopes}


class UserOut(OutSerializer):
    """A person, as they see themselves."""

    class Meta:
        model = User
        fields = ("id", "email", "name", "locale", "time_zone", "created_at")
        read_only_fields = fields


class RoleOut(OutSerializer):
    """The caller's role in one organisation."""

    organisation = OrganisationOut(read_only=True)

    class Meta:
        model = B2BUser
        fields = ("id", "organisation", "role", "starts_at", "ends_at")
        read_only_fields = fields


class CallingApplicationOut(OutSerializer):
    """The application through which the caller asks."""

    class Meta:
        model = Application
        fields = ("id", "client_id", "name")
        read_only_fields = fields


class MeOut(serializers.Serializer[Any]):
    """Who asks: a person through an application, or an application for its organisation."""

    user = UserOut(allow_null=True)
    b2c_user = serializers.UUIDField(allow_null=True)
    b2b_users = RoleOut(many=True)
    application = CallingApplicationOut()
    organisation = OrganisationOut(allow_null=True)
    role = serializers.CharField(allow_null=True)
    consent = ConsentOut(allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField())
    environment = serializers.CharField()
