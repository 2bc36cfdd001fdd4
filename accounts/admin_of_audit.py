"""The admin page of the audit log."""

from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import AuditEntry

KINDS_SQL = """
    WITH RECURSIVE kinds AS (
        SELECT min(object_type) AS kind FROM accounts_auditentry
        UNION ALL
        SELECT (SELECT min(e.object_type) FROM accounts_auditentry e WHERE e.object_type > k.kind)
        FROM kinds k WHERE k.kind IS NOT NULL
    ) SELECT kind FROM kinds WHERE kind IS NOT NULL
"""


class CountlessPaginator(Paginator):
    """Pages of a table that is too large to count."""

    @cached_property
    def count(self) -> int:
        """Return more than anybody turns over."""
        return 100 * self.per_page


class ObjectTypeFilter(admin.SimpleListFilter):
    """Entries of one kind of object; the kinds are read by an index, not by going through all."""

    title = "kind of object"
    parameter_name = "object_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the kinds that there are, each found by one step in the index."""
        with connection.cursor() as cursor:
            cursor.execute(KINDS_SQL)
            return [(kind, kind.replace("_", " ")) for (kind,) in cursor.fetchall()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        """Keep the entries of the chosen kind."""
        return queryset.filter(object_type=self.value()) if self.value() else queryset


class AuditEntryAdmin(admin.ModelAdmin):
    """The audit log, to be read; search takes any id that an entry names, or a request's."""

    list_display = (
        "time",
        "action",
        "object_type",
        "object_id",
        "user_id",
        "application_id",
        "origin",
        "rows",
    )
    list_filter = ("action", ObjectTypeFilter)
    search_fields = ("object_id",)
    search_help_text = "The id of an object, user, application, organisation, site or request"
    ordering = ("-id",)
    list_per_page = 50
    paginator = CountlessPaginator
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: entries write themselves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what happened has happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: the log is append-only."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """Find by whole ids alone, which are all indexed."""
        term = search_term.strip()
        if not term:
            return queryset, False
        condition = Q(object_id=term) | Q(request_id=term)
        try:
            key = UUID(term)
        except ValueError:
            return queryset.filter(condition), False
        for name in ("user_id", "subject_id", "application_id", "organisation_id", "site_id"):
            condition |= Q(**{name: key})
        return queryset.filter(condition), False
