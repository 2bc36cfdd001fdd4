"""The bodies of upgrades."""

from typing import Any, ClassVar

from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TextField
from twin.choices import UpgradeItemStatus
from twin.models import Upgrade, UpgradeItem
from twin.planning.changes import BOTH
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


class UpgradeItemOut(OutSerializer):
    """One site of a wave."""

    name = serializers.CharField(source="site.name", read_only=True)

    class Meta:
        model = UpgradeItem
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "site", "name", "status", "reason", "plan", "updated_at"),
        )
        read_only_fields = fields
