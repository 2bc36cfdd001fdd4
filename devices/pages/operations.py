"""The pages of those who run devices: fleets with their health, and the devices of one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts.principals import Principal
from accounts.selectors import principal_of_user
from devices.choices import ContactStatus
from devices.models import Device, Fleet
from devices.pages.health import (
    SEVERITIES,
    alarmed_in,
    alarms_by_device,
    coverage_of,
    health_of,
)
from devices.series.coverage import coverage_of_fleet

PAGE = 50
FLEETS = 100
ALARMED = "alarmed"
MOST_LETTERS = 100


@method_decorator(never_cache, name="dispatch")
class OperationsPage(LoginRequiredMixin, View):
    """A page of what the person who is logged in may see; the rest does not exist."""

    http_method_names = ["get", "head"]

    @property
    def principal(self) -> Principal:
        """Return what the person may do, worked out once."""
        known: Principal | None = getattr(self, "_principal", None)
        if known is None:
            known = self._principal = principal_of_user(self.request.user)  # type: ignore[arg-type]
        return known


class FleetsPage(OperationsPage):
    """All fleets at a glance."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show each fleet's health; four queries beside who asks."""
        visible = Fleet.objects.visible_to(self.principal).select_related("organisation")
        after = _key(request.GET.get("after"))
        if after:
            visible = visible.filter(pk__gt=after)
        rows = list(visible.order_by("pk")[: FLEETS + 1])
        found = health_of(rows[:FLEETS], principal=self.principal, now=timezone.now())
        context = {
            "fleets": [(one, shown_alarms(one.alarms)) for one in found],
            "following": rows[FLEETS - 1].pk if len(rows) > FLEETS else None,
        }
        return render(request, "devices/operations/fleets.html", context)


class FleetPage(OperationsPage):
    """One fleet: its health, and its devices a page at a time."""

    def get(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """Show the fleet; the number of queries is the same for every fleet."""
        fleets = Fleet.objects.visible_to(self.principal).select_related("organisation")
        fleet, now = get_object_or_404(fleets, pk=id), timezone.now()
        (health,) = health_of([fleet], principal=self.principal, now=now)
        words = request.GET.get("q", "").replace("\x00", "")[:MOST_LETTERS].strip()
        status = request.GET.get("status", "")
        found = self._found(fleet, status=status, words=words)
        after = _key(request.GET.get("after"))
        page = list((found.filter(pk__gt=after) if after else found)[: PAGE + 1])
        context = {
            "fleet": fleet,
            "health": health,
            "completeness": self._completeness(fleet, now),
            "alarms": shown_alarms(health.alarms),
            "rows": self._rows(page[:PAGE], now),
            "following": page[PAGE - 1].pk if len(page) > PAGE else None,
            "is_first": after is None,
            "words": words,
            "status": status,
        }
        return render(request, "devices/operations/fleet.html", context)

    def _completeness(self, fleet: Fleet, now: datetime) -> dict[str, int]:
        """Return how many of a hundred parts of a day and of a week readings speak for."""
        devices = Device.objects.visible_to(self.principal).filter(fleet=fleet)
        found = coverage_of_fleet(devices, now=now)
        shares = {"day": found.day, "week": found.week}
        return {name: round(100 * share) for name, share in shares.items() if share is not None}

    def _found(self, fleet: Fleet, *, status: str, words: str) -> QuerySet[Device]:
        visible: QuerySet[Device] = Device.objects.visible_to(self.principal).filter(fleet=fleet)
        if status in ContactStatus.values:
            visible = visible.filter(status=status)
        elif status == ALARMED:
            visible = visible.filter(pk__in=alarmed_in(fleet, principal=self.principal))
        if words:
            visible = visible.filter(Q(name__icontains=words) | Q(asset__serial=words))
        return visible.select_related("type", "site", "space", "asset").order_by("pk")

    def _rows(self, devices: list[Device], now: datetime) -> list[dict[str, Any]]:
        alarms = alarms_by_device(devices, principal=self.principal)
        covered = coverage_of(devices, now=now)
        return [
            {
                "device": device,
                "alarms": shown_alarms(alarms[device.pk]),
                "coverage": round(100 * covered[device.pk]) if device.pk in covered else None,
            }
            for device in devices
        ]


def shown_alarms(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return the severities that there are, the worst first."""
    return [(one.value, counts[one]) for one in SEVERITIES if counts.get(one)]


def _key(text: str | None) -> UUID | None:
    """Return the id that a page goes on behind.

    Raises: Http404, if it is none.
    """
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
