"""Bulk imports in the admin site: how each stands, and what became of its rows."""

from django.contrib import admin

from devices.admin.bases import ReadOnlyAdmin
from devices.admin.onboarding import OnboardingPages
from devices.models import BulkImport, ImportRow


@admin.register(BulkImport)
class BulkImportAdmin(OnboardingPages, ReadOnlyAdmin):
    """Files that organisations handed in, here or through the API."""

    list_display = ["file_name", "organisation", "status", "mode", "done", "total", "created_at"]
    list_filter = ["status", "mode"]
    list_select_related = ["organisation"]
    ordering = ["-pk"]


@admin.register(ImportRow)
class ImportRowAdmin(ReadOnlyAdmin):
    """Rows of imports, with what is wrong with each."""

    list_display = ["bulk_import", "sheet", "number", "type", "key", "status", "findings"]
    list_filter = ["status", "type"]
    list_select_related = ["bulk_import"]
    exclude = ["claim_code"]
