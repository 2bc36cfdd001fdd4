"""The bodies of upgrades."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TextField
from twin.choices import UpgradeItemStatus
from twin.models import Upgrade, UpgradeItem
from twin.planning.changes import BOTH
from twin.selectors.upgrades import conflicts_of
from twin.services.upgrades import MAX_SITES


class UpgradeIn(StrictSerializer):
    """Many sites on their way to one template version."""

    template = TextField(max_length=60, help_text="Such as `collective-housing@2`.")
    organisation = serializers.UUIDField(required=False, allow_null=True)
    sites = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        min_length=1,
        max_length=MAX_SITES,
        help_text="These sites; left out, all of the template that you may change.",
    )
    current_template = TextField(
        required=False, max_length=60, help_text="Of those only the sites of this version."
    )
    choice = serializers.ChoiceField(
        choices=BOTH,
        required=False,
        help_text="How every conflict is settled; left out, sites with conflicts are left alone.",
    )
    choices = serializers.DictField(
        required=False,
        help_text="Choices by site, each one word or an object from conflicts to choices; "
        "`*` stands for the sites that are not named. They go before `choice`.",
    )
    parameters = serializers.DictField(
        required=False, help_text="Values that all sites get; the others stay each site's own."
    )
    dry_run = serializers.BooleanField(
        source="is_dry_run", required=False, help_text="Make the plans, apply none."
    )
    max_failure_rate = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="Stop when more than this share fails."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a filter beside a list."""
        if "sites" in attrs and "current_template" in attrs:
            raise serializers.ValidationError(
                {"current_template": "Send either sites or the template that they have."}
            )
        return attrs


class UpgradeSettleIn(StrictSerializer):
    """Choices for the sites of a wave that are in conflict."""

    choices = serializers.DictField(
        allow_empty=False,
        help_text="By site, each one word or an object from conflicts to choices; `*` stands for "
        "the sites in conflict that are not named.",
    )


class UpgradeProgressOut(serializers.Serializer[Any]):
    """How many sites are in each state."""

    total = serializers.IntegerField()
    percent = serializers.IntegerField()
    vars().update({status.value: serializers.IntegerField() for status in UpgradeItemStatus})


class UpgradeOut(OutSerializer):
    """A wave, and how it stands."""

    template = serializers.CharField(source="template_version.reference", read_only=True)
    dry_run = serializers.BooleanField(source="is_dry_run", read_only=True)
    progress = serializers.SerializerMethodField()

    class Meta:
        model = Upgrade
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "organisation", "template", "status", "reason", "choice", "parameters"),
            *("dry_run", "max_failure_rate", "progress", "created_at", "updated_at"),
            "finished_at",
        )
        read_only_fields = fields

    def get_progress(self, upgrade: Upgrade) -> UpgradeProgressOut:
        """Return what the viewset counted for the whole page."""
        return self.context["progress"][upgrade.pk]


class ConflictOut(serializers.Serializer[Any]):
    """What stands in the way of a site; without ``conflict`` it is mended beforehand."""

    conflict = serializers.CharField(required=False)
    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    reason = serializers.CharField()
    before = serializers.DictField(required=False)
    after = serializers.DictField(required=False)
    choices = serializers.ListField(child=serializers.CharField(), required=False)


class UpgradeItemOut(OutSerializer):
    """One site of a wave."""

    name = serializers.CharField(source="site.name", read_only=True)
    choices = serializers.DictField(read_only=True)
    conflicts = serializers.SerializerMethodField()

    class Meta:
        model = UpgradeItem
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "site", "name", "status", "reason", "plan", "choices", "conflicts"),
            "updated_at",
        )
        read_only_fields = fields

    @extend_schema_field(ConflictOut(many=True))
    def get_conflicts(self, item: UpgradeItem) -> list[dict[str, Any]]:
        """Return what stands in the way."""
        return conflicts_of(item)
