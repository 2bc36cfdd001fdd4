"""The bodies of plans."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TextField
from twin.choices import PlanStatus
from twin.definitions.specs import spec_schema
from twin.models import Plan
from twin.planning.changes import ACTIONS, BOTH

EXCEPTION_HELP = (
    "What this building has otherwise than the layout, by stable key: "
    '`{"building/floor-4/flat-3": {"kind": "practice", "name": "Dr Weiss"}}`.'
)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "enum": list(BOTH)},
            {"type": "object", "additionalProperties": {"type": "string", "enum": list(BOTH)}},
        ],
        "description": "How conflicts are settled: one word for all, or one by `conflict`.",
    }
)
class ChoicesField(serializers.Field[Any, Any, Any, Any]):
    """One choice for all conflicts, or one for each by its name."""

    default_error_messages = {"invalid": "Send a choice, or an object from conflicts to choices."}

    def to_internal_value(self, data: Any) -> Any:
        """Accept a text or an object; the service knows the words."""
        if not isinstance(data, str | dict):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        """Return the choices."""
        return value


@extend_schema_field(
    {"type": "object", "additionalProperties": True, "description": spec_schema()["title"]}
)
class SpecField(serializers.DictField):
    """Every space of a building, written out."""


class PlanIn(StrictSerializer):
    """What a site shall become; what is left out stays as it was declared."""

    template = TextField(
        required=False, allow_null=True, max_length=60, help_text="Such as `collective-housing@2`."
    )
    parameters = serializers.DictField(
        required=False, help_text="Values to change; the others stay as the site was built with."
    )
    exceptions = serializers.DictField(required=False, help_text=EXCEPTION_HELP)
    spec = SpecField(required=False)
    choices = ChoicesField(required=False)
    relocate = serializers.DictField(
        child=TextField(max_length=500),
        required=False,
        help_text="Where the contents of spaces that go shall go, by key or id.",
    )


class ChangeOut(serializers.Serializer[Any]):
    """One change; members that say nothing are left out."""

    action = serializers.ChoiceField(choices=ACTIONS)
    noun = serializers.ChoiceField(choices=("space", "view", "relationship"))
    node = serializers.UUIDField()
    key = serializers.CharField()
    kind = serializers.CharField()
    name = serializers.CharField()
    reason = serializers.CharField()
    before = serializers.DictField(required=False)
    after = serializers.DictField(required=False)
    takes_with = serializers.DictField(child=serializers.IntegerField(), required=False)
    code = serializers.CharField(required=False)
    conflict = serializers.CharField(required=False)
    choices = serializers.ListField(child=serializers.CharField(), required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add ``parent``, a name that DRF's fields have taken for themselves."""
        return {**super().get_fields(), "parent": serializers.UUIDField(required=False)}


@extend_schema_field(ChangeOut(many=True))
class ChangesField(serializers.JSONField):
    """The changes as they are kept."""


class PlanSummaryOut(OutSerializer):
    """A plan without its changes, as lists show it."""

    status = serializers.ChoiceField(source="state", choices=PlanStatus.choices, read_only=True)
    template = serializers.CharField(
        source="template_version.reference", read_only=True, allow_null=True
    )
    summary = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    notes = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Plan
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "site", "status", "template", "parameters", "summary", "notes", "expires_at"),
            *("applied_at", "undone_at", "created_at", "updated_at"),
        )
        read_only_fields = fields


class PlanOut(PlanSummaryOut):
    """What shall become of a site, change by change."""

    changes = ChangesField(read_only=True)

    class Meta(PlanSummaryOut.Meta):
        fields = (*PlanSummaryOut.Meta.fields, "changes")
        read_only_fields = fields
