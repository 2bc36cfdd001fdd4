"""Admin pages of the connections to the smart-me cloud."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from config.lib.errors import DomainError
from integrations.admin.connection_panel import PanelAdmin
from integrations.admin.forms import ConnectionForm
from integrations.choices import ConnectionStatus, RealtimeStatus
from integrations.models import Connection, RealtimeChannel
from integrations.smartme.connections import (
    change_connection,
    create_connection,
    delete_connection,
    request_sync,
)
from integrations.smartme.realtime.gaps import gap_of

SIGN = {
    ConnectionStatus.OK: "✔",
    ConnectionStatus.PENDING: "…",
    ConnectionStatus.DEGRADED: "⚠",
    ConnectionStatus.FAILED: "✘",
    ConnectionStatus.PAUSED: "⏸",
}
LATEST = 10


@admin.register(Connection)
class ConnectionAdmin(PanelAdmin):
    """Accounts at the smart-me cloud: how they are doing, and what one may do about it."""

    form = ConnectionForm
    list_display = ["name", "organisation", "state", "meters", "last_success_at", "next_attempt_at"]
    list_filter = ["status", "auth_method"]
    list_select_related = ["organisation"]
    search_fields = ["name", "organisation__name"]
    raw_id_fields = ["fleet", "site"]
    actions = ["sync_now"]
    show_full_result_count = False
    readonly_fields = [
        *("organisation", "failures", "last_attempt_at", "last_success_at", "next_attempt_at"),
        *("claims", "token_expires_at", "heard", "latest_runs", "created_at", "updated_at"),
    ]
    fieldsets = [
        (
            None,
            {
                "fields": (
                    *("name", "organisation", "fleet", "site", "interval_s", "history_days"),
                    "realtime",
                )
            },
        ),
        (
            "Way in",
            {
                "fields": (
                    *("auth_method", "new_secret", "username", "card_id", "key_expires_at"),
                    *("oauth_grant", "client_id", "switching", "licence", "paused"),
                )
            },
        ),
        (
            "Log",
            {
                "fields": (
                    *("heard", "latest_runs", "failures", "last_success_at", "last_attempt_at"),
                    *("next_attempt_at", "claims", "token_expires_at", "created_at", "updated_at"),
                )
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        """Count the meters along; leave out what only says good-bye to the cloud."""
        rows = super().get_queryset(request).filter(disconnected_at=None).select_related("channel")
        listed = Count("meters", filter=Q(meters__vanished_at=None))
        return rows.annotate(meter_count=listed)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the fleet, whose organisation owns the connection, as it was made."""
        return [*self.readonly_fields, *(["fleet"] if obj else [])]

    def get_urls(self) -> list[URLPattern]:
        """Add the button's address."""
        sync = self.admin_site.admin_view(require_POST(self.sync_one))
        own = path("<uuid:id>/sync/", sync, name="integrations_connection_sync")
        return [own, *super().get_urls()]

    @admin.display(description="Status", ordering="status")
    def state(self, connection: Connection) -> str:
        """Show the status with a sign."""
        status = ConnectionStatus(connection.status)
        return f"{SIGN[status]} {status.label}"

    @admin.display(description="Meters")
    def meters(self, connection: Any) -> int:
        """Show how many meters the cloud lists."""
        return int(connection.meter_count)

    @admin.display(description="Realtime")
    def heard(self, connection: Connection) -> str:
        """Show how realtime stands, what came in, and how far it lags behind polling."""
        channel: RealtimeChannel | None = getattr(connection, "channel", None)
        if channel is None:
            return RealtimeStatus.OFF.label
        gap = gap_of(connection.pk, channel.meters)
        return (
            f"{RealtimeStatus(channel.status).label}. {channel.problem} "
            f"{channel.posts} posts, {channel.values_recorded} values; dropped: "
            f"{channel.reports_foreign} foreign, {channel.reports_unreadable} unreadable. "
            f"{gap.behind} of {gap.meters} meters behind polling, by {gap.gap_s:.0f} s at most; "
            f"{gap.silent} never heard."
        )

    @admin.display(description="Latest syncs")
    def latest_runs(self, connection: Connection) -> SafeString | str:
        """Show the last syncs, newest first."""
        rows = [
            (f"{run.started_at:%Y-%m-%d %H:%M:%S}", run.outcome, run.accepted, run.problem)
            for run in connection.runs.order_by("-pk")[:LATEST]
        ]
        return format_html_join("", "<div>{} · {} · {} readings {}</div>", rows) or "-"

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Leave the row alone until the service writes it."""
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Let the service write."""
        values = form.values()
        site = values.get("site")
        if change:
            saved = change_connection(connection=obj, changes=values, site=site)
        else:
            saved = create_connection(
                fleet=values.pop("fleet"),
                site=values.pop("site"),
                auth_method=values.pop("auth_method"),
                fields=values,
            )
        obj.__dict__.update(saved.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write nothing beside the service."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name what was picked; its meters' links and its log go along without being asked."""
        return [str(connection) for connection in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Forget the account; its devices stay."""
        delete_connection(connection=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Forget several accounts."""
        for connection in queryset:
            delete_connection(connection=connection)

    @admin.action(description="Sync now")
    def sync_now(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Have the picked connections tried at once."""
        for connection in queryset:
            self._sync(request, connection)

    def sync_one(self, request: HttpRequest, id: Any) -> HttpResponse:
        """Have one connection tried at once."""
        connection = get_object_or_404(self.get_queryset(request), pk=id)
        self._sync(request, connection)
        return HttpResponseRedirect(
            reverse("admin:integrations_connection_change", args=[connection.pk])
        )

    def _sync(self, request: HttpRequest, connection: Connection) -> None:
        try:
            request_sync(connection=connection)
        except DomainError as refusal:
            self.message_user(request, f"{connection}: {refusal}", messages.ERROR)
        else:
            self.message_user(request, format_html("{}: a sync is on its way.", connection))
