"""What the admin pages of devices share."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest

MOST_COUNTED = 10_000


class CappedPaginator(Paginator):
    """Counts no further than anybody turns pages: tables may hold millions of rows."""

    @cached_property
    def count(self) -> int:
        """Return how many rows there are, at most MOST_COUNTED."""
        rows: Any = self.object_list
        return int(rows[:MOST_COUNTED].count())


class BigTableAdmin(admin.ModelAdmin):
    """A page for a table that may be large."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering = ["pk"]


class ReadOnlyAdmin(BigTableAdmin):
    """A page that only shows: what stands here is changed by services."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: rows are made by services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Refuse: rows are changed by services."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Refuse: rows are deleted by services."""
        return False
