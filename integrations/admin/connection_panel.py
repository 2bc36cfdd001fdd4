"""The panel on top of a connection's admin page: how it is doing, and what one may do about it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import User
from config.lib.errors import DomainError
from integrations.choices import AuthMethod, OAuthGrant
from integrations.models import Connection, ConnectionAuthorization
from integrations.smartme.authorizing import begin
from integrations.smartme.health import MeterHealth, health_of

LEVELS = 4
GRANTS = {"allow": OAuthGrant.AUTHORIZATION_CODE, "code": OAuthGrant.DEVICE_CODE}


@dataclass(frozen=True)
class Row:
    """A meter as the panel shows it: seven days as seven cells of five shades."""

    meter: MeterHealth
    cells: list[tuple[int, str]]
    percent: str
    age: str


def _row(meter: MeterHealth) -> Row:
    cells = [(round(share * LEVELS), f"{share:.0%}") for share in meter.days]
    share = meter.completeness
    return Row(meter, cells, "new" if share is None else f"{share:.1%}", age_text(meter.lag_s))


def age_text(seconds: float | None) -> str:
    """Return an age in the unit that people would choose."""
    if seconds is None:
        return "never"
    age = timedelta(seconds=max(seconds, 0.0))
    for unit, word in ((timedelta(days=1), "d"), (timedelta(hours=1), "h")):
        if age >= 2 * unit:
            return f"{age // unit} {word}"
    return f"{int(seconds // 60)} min" if seconds >= 120 else f"{int(max(seconds, 0))} s"


def panel_of(connection: Connection) -> dict[str, Any]:
    """Return what the panel shows."""
    health = health_of(connection)
    attempts = ConnectionAuthorization.objects.filter(connection=connection)
    success = connection.last_success_at
    return {
        "health": health,
        "rows": [_row(meter) for meter in health.worst],
        "lag": age_text(health.lag_s),
        "completeness": None if health.completeness is None else f"{health.completeness:.1%}",
        "last_success": success,
        "history_ends_at": health.history and health.history.progress.ends_at(timezone.now()),
        "is_oauth": connection.auth_method == AuthMethod.OAUTH,
        "attempt": attempts.order_by("-pk").first(),
    }


class PanelAdmin(admin.ModelAdmin):
    """Adds the panel and the buttons that let Atrium in."""

    change_form_template = "admin/integrations/connection/change_form.html"

    class Media:
        css: Any = {"all": ["integrations/admin.css"]}

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the buttons."""
        allow = self.admin_site.admin_view(require_POST(self.allow))
        own = path("<uuid:id>/<str:way>/begin/", allow, name="integrations_connection_begin")
        return [own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the panel above the form."""
        connection = self.get_object(request, object_id)
        panel = panel_of(connection) if connection is not None else {}
        context = {**(extra_context or {}), "panel": panel}
        return super().change_view(request, object_id, form_url, context)

    def allow(self, request: HttpRequest, id: Any, way: str) -> HttpResponse:
        """Begin to let Atrium in: go on in this browser, or show a code for another one."""
        rows = self.get_queryset(request)
        connection = get_object_or_404(rows, pk=id)
        back = HttpResponseRedirect(
            reverse("admin:integrations_connection_change", args=[connection.pk])
        )
        if not self.has_change_permission(request, connection):
            return back
        grant = GRANTS.get(way, OAuthGrant.AUTHORIZATION_CODE)
        try:
            attempt = begin(connection=connection, user=cast("User", request.user), grant=grant)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return back
        if grant == OAuthGrant.DEVICE_CODE:
            return back
        return HttpResponseRedirect(reverse("smartme-authorize", args=[attempt.pk]))
