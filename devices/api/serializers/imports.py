"""Bulk imports and their rows."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer, TextField
from devices.choices import ImportMode
from devices.models import BulkImport, ImportRow
from devices.services.onboarding.files import MEDIA_TYPES
from devices.services.onboarding.running import progress_of


class ImportIn(StrictSerializer):
    """A file to be imported."""

    file = serializers.FileField(help_text="CSV, XLSX or JSON, told by the end of its name.")
    mode = serializers.ChoiceField(choices=ImportMode.choices, default=ImportMode.ALL)
    organisation = serializers.UUIDField(required=False, allow_null=True)


class ImportRowsIn(StrictSerializer):
    """The rows of an import as JSON, each with its ``type``."""

    rows: Any = serializers.ListField(child=serializers.DictField())
    name = TextField(max_length=200, default="rows.json")
    mode = serializers.ChoiceField(choices=ImportMode.choices, default=ImportMode.ALL)
    organisation = serializers.UUIDField(required=False, allow_null=True)


class ImportApplyIn(StrictSerializer):
    """How a checked import is applied."""

    mode = serializers.ChoiceField(
        choices=ImportMode.choices, required=False, help_text="Left out, as it was handed in."
    )


class ImportTemplateQuery(serializers.Serializer[Any]):
    """Which file to fill in."""

    type = serializers.ChoiceField(choices=sorted(MEDIA_TYPES), default="xlsx")


class ProgressOut(serializers.Serializer[Any]):
    """How far a worker is with the import."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()
    percent = serializers.IntegerField()


class ImportOut(OutSerializer):
    """A bulk import: checked without effect first, applied when asked."""

    progress = serializers.SerializerMethodField()

    class Meta:
        model = BulkImport
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "organisation", "file_name", "mode", "status", "progress", "problem"),
            *("created_at", "updated_at", "finished_at"),
        )
        read_only_fields = fields

    @extend_schema_field(ProgressOut)
    def get_progress(self, job: BulkImport) -> dict[str, int]:
        """Return rows that have their outcome, of how many."""
        done = min(progress_of(job), job.total)
        return {"done": done, "total": job.total, "percent": 100 * done // max(job.total, 1)}


class ImportReportOut(ImportOut):
    """An import with the number of its rows in each state."""

    rows = serializers.DictField(
        source="rows_by_status", child=serializers.IntegerField(), read_only=True
    )

    class Meta(ImportOut.Meta):
        fields = (*ImportOut.Meta.fields, "rows")
        read_only_fields = fields


class FindingOut(serializers.Serializer[Any]):
    """What is wrong with a row: the column (empty for the whole row), the rule, what to do."""

    column = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ImportRowOut(OutSerializer):
    """A row of an import, and what became or would become of it."""

    values = serializers.JSONField(read_only=True)
    findings = FindingOut(many=True, read_only=True)
    warnings = FindingOut(many=True, read_only=True)

    class Meta:
        model = ImportRow
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "sheet", "number", "type", "key", "values", "status"),
            *("findings", "warnings", "node"),
        )
        read_only_fields = fields


class ClaimCodeOut(serializers.ModelSerializer[Any]):
    """The claim code of a declared asset or gateway, shown once."""

    serial = serializers.CharField(source="values.serial", read_only=True)
    claim_code = serializers.CharField(read_only=True)

    class Meta:
        model = ImportRow
        fields: ClassVar[tuple[str, ...]] = ("sheet", "number", "key", "serial", "claim_code")
        read_only_fields = fields


class ClaimCodesOut(serializers.Serializer[Any]):
    """All claim codes of an import."""

    results = ClaimCodeOut(many=True)
