"""The bodies of views, their members, and why something is in one."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TextField
from twin.choices import NodeKind
from twin.models import View, ViewMember
from twin.selectors.why_in_view import Part


class ViewChangeIn(StrictSerializer):
    """What can be changed about a view."""

    name = TextField(max_length=200)
    description = TextField(max_length=4000, required=False, allow_blank=True)
    rule = serializers.DictField(
        required=False, allow_null=True, help_text='Such as `{"kinds": ["flat"]}`.'
    )


class ViewIn(ViewChangeIn):
    """A view to be made: in a site, or across the sites of an organisation."""

    site = serializers.UUIDField(required=False, allow_null=True)
    organisation = serializers.UUIDField(required=False, allow_null=True)


class ViewOut(OutSerializer):
    """A logical group of spaces, devices and other views."""

    id = serializers.UUIDField(source="pk", read_only=True)

    class Meta:
        model = View
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "site", "organisation", "name", "description", "rule"),
            *("template_key", "created_at", "updated_at"),
        )
        read_only_fields = fields


class MembersIn(StrictSerializer):
    """Nodes to put into a view."""

    nodes = serializers.ListField(child=serializers.UUIDField(), allow_empty=False, max_length=1000)


class MemberOut(OutSerializer):
    """A node in a view."""

    id = serializers.UUIDField(source="node_id", read_only=True)
    kind = serializers.ChoiceField(source="node.kind", choices=NodeKind.choices, read_only=True)

    class Meta:
        model = ViewMember
        fields: ClassVar[tuple[str, ...]] = ("id", "kind", "created_at")
        read_only_fields = fields


class ExplainQuery(StrictSerializer):
    """What to explain."""

    node = serializers.UUIDField(help_text="The space, device or other node in question.")


@extend_schema_field({})
class AskedField(serializers.Field[Any, Any, Any, Any]):
    """What a condition asks, as the rule says it."""

    def to_representation(self, value: Any) -> Any:
        """Return it as it is."""
        return value


class ClauseOut(serializers.Serializer[Any]):
    """One condition of a rule, and whether it holds; ``value`` is null if it combines others."""

    pointer = serializers.CharField()
    condition = serializers.CharField()
    value = AskedField(allow_null=True)
    holds = serializers.BooleanField()


class PartOut(serializers.Serializer[Any]):
    """What the view, or one inside it, says of the node."""

    view = serializers.UUIDField(source="view.pk")
    name = serializers.CharField(source="view.name")
    is_member = serializers.BooleanField(help_text="Put in by hand or by the template.")
    within_reach = serializers.BooleanField(help_text="In the site or organisation of this view.")
    clauses = ClauseOut(many=True)


class ReasonOut(serializers.Serializer[Any]):
    """One reason for a node to be in a view."""

    by = serializers.ChoiceField(choices=["member", "rule"])
    view = serializers.UUIDField()


class ExplanationOut(serializers.Serializer[Any]):
    """Why a node is in a view: ``because`` names each reason, ``views`` every clause."""

    view = serializers.UUIDField(source="view.pk")
    node = serializers.UUIDField(source="node.pk")
    kind = serializers.ChoiceField(source="node.kind", choices=NodeKind.choices)
    contained = serializers.SerializerMethodField()
    because = serializers.SerializerMethodField()
    views = PartOut(source="parts", many=True)

    @extend_schema_field(serializers.BooleanField())
    def get_contained(self, explanation: dict[str, Any]) -> bool:
        """Say whether the node is in the view."""
        return bool(_reasons(explanation["parts"]))

    @extend_schema_field(ReasonOut(many=True))
    def get_because(self, explanation: dict[str, Any]) -> list[dict[str, str]]:
        """Return each reason; none if the node is not in the view."""
        return _reasons(explanation["parts"])


def _reasons(parts: list[Part]) -> list[dict[str, str]]:
    by_hand = [{"by": "member", "view": str(one.view.pk)} for one in parts if one.is_member]
    return by_hand + [{"by": "rule", "view": str(one.view.pk)} for one in parts if one.is_found]
