"""``drift/``, ``sites/{id}/drift/``, ``sites/{id}/slots/``: buildings against their templates."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.parameters import PAGE
from config.lib.viewsets import ApiViewSet
from twin.api.drift_serializers import DriftOut, SpaceSlotsOut
from twin.api.filters import SiteFilter
from twin.definitions.format import Slot
from twin.models import Site, Space
from twin.rights import Level
from twin.selectors.slots import Filling, SlotReport, report_slots
from twin.selectors.templates import site_definition
from twin.services.drift import drift_of, with_declarations

UNFILLED = OpenApiParameter("unfilled", bool, description="Only spaces with a slot that lacks one.")


class DriftViewSet(ApiViewSet):
    """How far the sites of an organisation have wandered from their templates."""

    queryset = Site.objects.none()
    serializer_class = DriftOut
    filterset_class = SiteFilter
    required_scopes: ClassVar = {"list": "sites:read"}

    def get_queryset(self) -> QuerySet[Site]:
        """Return the sites of which the caller sees the whole."""
        return with_declarations(whole_sites(self.principal))

    def list(self, request: Request) -> Response:
        """List sites, each with what is renamed, moved, added, removed, changed and unfilled."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(drift_of(page or []))


class SiteStateViewSet(ApiViewSet):
    """One site against its template."""

    queryset = Site.objects.none()
    query_parameters: ClassVar = {"slots": (*PAGE, "unfilled")}
    required_scopes: ClassVar = {"drift": "sites:read", "slots": "sites:read"}

    def get_queryset(self) -> QuerySet[Site]:
        """Return the visible sites."""
        return with_declarations(Site.objects.visible_to(self.principal))

    @extend_schema(responses=DriftOut)
    def drift(self, request: Request, id: str) -> Response:
        """Return how far the site has wandered; for those who see the whole of it."""
        site = self.get_object()
        get_object_or_404(whole_sites(self.principal), pk=site.pk)
        return Response(drift_of([site])[0])

    @extend_schema(responses=SpaceSlotsOut(many=True), parameters=[UNFILLED])
    def slots(self, request: Request, id: str) -> Response:
        """List the spaces that have slots, with what fills them and what is missing."""
        site = self.get_object()
        visible = Space.objects.visible_to(self.principal).filter(site=site)
        report = report_slots(site_definition(site), visible)
        is_unfilled = request.query_params.get("unfilled", "").lower() in {"true", "1"}
        keys = report.unfilled if is_unfilled else list(report.fillings)
        page = self.paginate_queryset(visible.filter(pk__in=keys))
        return self.get_paginated_response([self._shown(one, report) for one in page or []])

    def _shown(self, space: Any, report: SlotReport) -> dict[str, Any]:
        shows_devices = self.principal.has_scope("devices:read")
        slots = [_slot(one, shows_devices=shows_devices) for one in report.fillings[space.pk]]
        named = {"kind": space.kind, "name": space.name, "template_key": space.template_key}
        return {"id": str(space.pk), **named, "slots": slots}


def whole_sites(principal: Any) -> Any:
    """Return the sites of which the caller sees the whole, not only a flat."""
    sites = Site.objects.all()
    return sites.filter(sites.reached(principal, Level.SEE))


def _slot(filling: Filling, *, shows_devices: bool) -> dict[str, Any]:
    slot: Slot = filling.slot
    limits = {"min": slot.cardinality.minimum, "max": slot.cardinality.maximum}
    wanted = {"categories": sorted(slot.categories), "types": sorted(slot.types), **limits}
    state = {"filled": len(filling.devices), "missing": filling.missing}
    devices = {"devices": [str(one) for one in filling.devices]} if shows_devices else {}
    return {"key": slot.key, "name": slot.name, **wanted, **state, **devices}
