"""Bulk imports: a file of sites, spaces, gateways, assets and devices, and each of its rows."""

from typing import Any

from django.db import models

from accounts.tenancy import TenantQuerySet
from config.lib.fields import EncryptedJSONField
from config.lib.models import BaseModel
from devices.choices import ImportMode, ImportRowStatus, ImportStatus


class BulkImport(BaseModel):
    """A file that an organisation hands in: tried without effect first, applied when asked.

    ``done`` counts the rows that have their outcome; ``problem`` says what stopped the whole.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    file_name = models.CharField(max_length=200)
    mode = models.CharField(max_length=8, choices=ImportMode.choices, default=ImportMode.ALL)
    status = models.CharField(
        max_length=16, choices=ImportStatus.choices, default=ImportStatus.CHECKING
    )
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True, default="")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    # How many rows are in each state, where somebody counted them.
    rows_by_status: dict[str, int]

    class Meta:
        verbose_name = "import"
        indexes = [
            # Serves an organisation's list, page by page.
            models.Index(fields=["organisation", "id"], name="import_of_organisation"),
            # Serves the sweep for imports whose worker died.
            models.Index(
                fields=["updated_at"],
                condition=models.Q(status__in=["checking", "applying"]),
                name="import_at_work",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_at_work(self) -> bool:
        """Say whether a worker has it, or will."""
        return self.status in {ImportStatus.CHECKING, ImportStatus.APPLYING}


class ImportRow(models.Model):
    """A row of an import: what it says, and what became or would become of it.

    ``number`` is its place in the file, or in the sheet of a workbook; ``phase`` orders the work.
    The claim code of what the row declares is kept sealed until it is fetched, once.
    """

    id = models.BigAutoField(primary_key=True)
    bulk_import = models.ForeignKey(
        BulkImport, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    sheet = models.CharField(max_length=100, blank=True, default="")
    number = models.PositiveIntegerField()
    phase = models.PositiveSmallIntegerField()
    type = models.CharField(max_length=16)
    key = models.CharField(max_length=200, blank=True)
    values = models.JSONField()
    status = models.CharField(
        max_length=8, choices=ImportRowStatus.choices, default=ImportRowStatus.PENDING
    )
    findings = models.JSONField(default=list, blank=True)
    warnings = models.JSONField(default=list, blank=True)
    node = models.UUIDField(null=True, blank=True)
    claim_code: Any = EncryptedJSONField(null=True, blank=True)

    class Meta:
        verbose_name = "row of an import"
        verbose_name_plural = "rows of imports"
        indexes = [
            # Serves the rows of an import, page by page in the order of the file.
            models.Index(fields=["bulk_import", "id"], name="import_row_of_import"),
            # Serves ?status=, page by page, and the rows that wait.
            models.Index(fields=["bulk_import", "status", "phase", "id"], name="import_row_status"),
            # Serves the rows that others name.
            models.Index(fields=["bulk_import", "key"], name="import_row_key"),
        ]

    def __str__(self) -> str:
        return f"row {self.number}"
