"""The bodies of the connections' REST API; secrets go in and never come out."""

from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.lib.serializers import (
    OutSerializer,
    StrictSerializer,
    TextField,
    TimeField,
    WholeNumberField,
)
from integrations.api.health_serializers import CompletenessOut
from integrations.choices import ASKED_GRANTS, AuthMethod, ConnectionStatus, Licence, OAuthGrant
from integrations.models import (
    Connection,
    ConnectionAuthorization,
    MeterLink,
    RealtimeMeter,
    SyncRun,
)
from integrations.models.smartme import DEFAULT_INTERVAL_S, MAX_INTERVAL_S, MIN_INTERVAL_S
from integrations.smartme.health import MeterHealth

MAX_SECRET = 4_096
RESUME = "pending"
MAX_HISTORY_DAYS = 3_660


class SecretField(TextField):
    """A secret: printable, without blanks around it, and write-only."""

    default_error_messages = {"unprintable": "A secret holds visible ASCII characters only."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"write_only": True, "required": False, "max_length": MAX_SECRET, **kwargs}
        )

    def to_internal_value(self, data: Any) -> str:
        """Accept what fits into one header line."""
        text = super().to_internal_value(data)
        if not (text.isascii() and text.isprintable()):
            self.fail("unprintable")
        return text


class _ConnectionFields(StrictSerializer):
    """What making and changing a connection have in common."""

    name = TextField(max_length=200)
    site = serializers.UUIDField(required=False, allow_null=True)
    auth_method = serializers.ChoiceField(AuthMethod.choices)
    api_key = SecretField()
    key_expires_at = TimeField(
        required=False, allow_null=True, help_text="When the API key ends, as smart-me shows it."
    )
    oauth_grant = serializers.ChoiceField(
        OAuthGrant.choices,
        required=False,
        help_text="Of `oauth`: how Atrium comes by its token. Left out: a stored `access_token` as "
        "it is, else somebody allows it by `authorize/`.",
    )
    client_id = TextField(
        required=False,
        max_length=200,
        help_text="Of `oauth`: the application at smart-me; left out, that of the platform.",
    )
    client_secret = SecretField()
    access_token = SecretField()
    licence = serializers.ChoiceField(
        Licence.choices,
        required=False,
        help_text="The account's licence, which sets the pace of calls.",
    )
    switching = serializers.BooleanField(
        required=False, help_text="Of `oauth`: also ask for the claim to switch outputs."
    )
    card_id = TextField(required=False, max_length=64)
    card_token = SecretField()
    username = TextField(required=False, max_length=200)
    password = TextField(required=False, max_length=MAX_SECRET, write_only=True)


class ConnectionIn(_ConnectionFields):
    """A connection to be made; the cloud is not asked before this is answered."""

    fleet = serializers.UUIDField()
    realtime = serializers.BooleanField(default=False)
    interval_s = WholeNumberField(
        default=DEFAULT_INTERVAL_S, min_value=MIN_INTERVAL_S, max_value=MAX_INTERVAL_S
    )

    history_days = WholeNumberField(
        default=0,
        max_value=MAX_HISTORY_DAYS,
        help_text="How deep the past of new meters is fetched; 0: not at all.",
    )


class ConnectionChangeIn(_ConnectionFields):
    """What can be changed about a connection; a secret that is sent replaces the old one."""

    realtime = serializers.BooleanField(required=False)
    interval_s = WholeNumberField(
        required=False, min_value=MIN_INTERVAL_S, max_value=MAX_INTERVAL_S
    )
    history_days = WholeNumberField(required=False, max_value=MAX_HISTORY_DAYS)
    paused = serializers.BooleanField(required=False)
    status = serializers.ChoiceField(
        [ConnectionStatus.PAUSED.value, RESUME],
        required=False,
        help_text="`paused` stops syncing, `pending` starts it again.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Read a wished-for status as pausing or resuming."""
        status = attrs.pop("status", None)
        if status is not None:
            attrs["paused"] = status == ConnectionStatus.PAUSED
        return attrs


class ConnectionOut(OutSerializer):
    """A connection and how it is doing; its secret never comes out."""

    paused = serializers.BooleanField(source="is_paused", read_only=True)
    problem = serializers.SerializerMethodField()

    class Meta:
        model = Connection
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "name", "organisation", "fleet", "site", "auth_method", "username", "card_id"),
            *("oauth_grant", "client_id", "key_expires_at", "token_expires_at", "claims"),
            *(
                "licence",
                "switching",
                "realtime",
                "interval_s",
                "history_days",
                "paused",
                "status",
                "problem",
                "failures",
            ),
            *("last_attempt_at", "last_success_at", "next_attempt_at", "created_at", "updated_at"),
        )
        read_only_fields = fields

    def get_problem(self, connection: Connection) -> str | None:
        """Say in plain words what is wrong, or nothing."""
        return connection.problem or None


class IssueOut(serializers.Serializer[Any]):
    """Something the cloud said that could not be taken over."""

    member = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class CalibrationOut(serializers.Serializer[Any]):
    """What a quantity of the meter is counted in by OBIS code, and by which evidence."""

    quantity = serializers.CharField(help_text="`energy` or `volume`")
    unit = serializers.CharField(help_text="Empty while it cannot be told.")
    code = serializers.CharField(help_text="OBIS code of the counter that was compared")
    value = serializers.FloatField(help_text="what it said by that code")
    counter = serializers.FloatField(help_text="what it showed at that time, in kWh or m³")
    at = serializers.DateTimeField()
    reason = serializers.CharField()


class HeardOut(serializers.Serializer[Any]):
    """How far a meter is heard by itself, and how far polling is ahead of that."""

    value_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    reports = serializers.IntegerField()
    gap_s = serializers.FloatField(help_text="What polling knows later, in seconds.")


class NoticeOut(serializers.Serializer[Any]):
    """Something about a meter that somebody should look at; nothing follows by itself."""

    code = serializers.ChoiceField(["re-typed", "serial-changed", "exchanged"])
    detail = serializers.CharField()
    previous = serializers.UUIDField(
        allow_null=True, help_text="Of `exchanged`: the meter that was there before."
    )
    metering_points = serializers.ListField(
        child=serializers.UUIDField(), help_text="Of `exchanged`: what that meter still feeds."
    )


class MeterOut(OutSerializer):
    """A meter or gateway of the account, what it is here, and what is wrong with it."""

    meter = serializers.UUIDField(source="meter_id", read_only=True)
    name = serializers.CharField(source="reported_name", read_only=True)
    type = serializers.CharField(source="device_type_key", read_only=True)
    kind = serializers.SerializerMethodField()
    present = serializers.SerializerMethodField()
    seen_at = serializers.DateTimeField(source="listed_at", read_only=True)
    problem = serializers.SerializerMethodField()
    issues = IssueOut(many=True, read_only=True)
    completeness = serializers.SerializerMethodField()
    calibrations = serializers.SerializerMethodField()
    heard = serializers.SerializerMethodField()
    notices = serializers.SerializerMethodField()

    class Meta:
        model = MeterLink
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "meter", "serial", "name", "kind", "type", "device", "gateway"),
            *("energy_type", "sub_type", "family", "present", "seen_at", "vanished_at"),
            *("value_at", "problem", "issues", "completeness", "calibrations", "heard", "notices"),
        )
        read_only_fields = fields

    @extend_schema_field(CompletenessOut)
    def get_completeness(self, link: MeterLink) -> dict[str, Any]:
        """Return what share of the last seven days its values cover."""
        health: MeterHealth = self.context["healths"][link.pk]
        return {"share": health.completeness, "days": health.days}

    def get_kind(self, link: MeterLink) -> str:
        """Say whether it measures or passes on what others measure."""
        return "gateway" if link.is_gateway else "meter"

    @extend_schema_field(CalibrationOut(many=True))
    def get_calibrations(self, link: MeterLink) -> list[dict[str, Any]]:
        """Say what its counters count in, and how that was told."""
        return [{"quantity": name, **given} for name, given in link.calibrations.items()]

    @extend_schema_field(NoticeOut(many=True))
    def get_notices(self, link: MeterLink) -> list[dict[str, Any]]:
        """Say what somebody should look at."""
        health: MeterHealth = self.context["healths"][link.pk]
        return [dict(NoticeOut(one).data) for one in health.notices]

    @extend_schema_field(HeardOut(allow_null=True))
    def get_heard(self, link: MeterLink) -> dict[str, Any] | None:
        """Say how far realtime has come with this meter; nothing if it was never heard."""
        heard: RealtimeMeter | None = getattr(link, "heard", None)
        return HeardOut(heard).data if heard else None

    def get_present(self, link: MeterLink) -> bool:
        """Say whether the cloud still lists it."""
        return link.vanished_at is None

    def get_problem(self, link: MeterLink) -> str | None:
        """Say in plain words what is wrong with this meter, or nothing."""
        return link.trouble or None


class RunOut(OutSerializer):
    """One sync: when, why, how it ended and what it brought."""

    problem = serializers.SerializerMethodField()
    issues = IssueOut(many=True, read_only=True)

    class Meta:
        model = SyncRun
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "trigger", "outcome", "started_at", "finished_at", "meters"),
            *("devices_created", "vanished", "accepted", "duplicates", "rejected"),
            *("problem", "issues"),
        )
        read_only_fields = fields

    def get_problem(self, run: SyncRun) -> str | None:
        """Say in plain words why it failed, or nothing."""
        return run.problem or None


class AuthorizeIn(StrictSerializer):
    """How somebody shall let Atrium in."""

    grant = serializers.ChoiceField(ASKED_GRANTS, default=OAuthGrant.AUTHORIZATION_CODE.value)


class AuthorizationOut(OutSerializer):
    """An attempt to let Atrium in: where to go on, and how far it has come."""

    address = serializers.SerializerMethodField(
        help_text="Open this in a browser, logged in as the person whose token began it."
    )
    detail = serializers.SerializerMethodField()

    class Meta:
        model = ConnectionAuthorization
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "grant", "outcome", "scope", "address", "user_code", "verification_uri"),
            *("expires_at", "detail", "created_at", "finished_at"),
        )
        read_only_fields = fields

    def get_address(self, attempt: ConnectionAuthorization) -> str | None:
        """Return where the person goes on, while that is possible."""
        if not attempt.is_open or attempt.grant != OAuthGrant.AUTHORIZATION_CODE:
            return None
        return f"{settings.PUBLIC_URL}{reverse('smartme-authorize', args=[attempt.pk])}"

    def get_detail(self, attempt: ConnectionAuthorization) -> str | None:
        """Say in plain words why it failed, or what was not granted."""
        return attempt.detail or None
