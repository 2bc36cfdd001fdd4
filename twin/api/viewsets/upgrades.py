"""``upgrades/``: many sites brought to a template version, and how far each of them is."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.viewsets import ApiViewSet, ListMixin
from twin.api.filters import UpgradeItemFilter
from twin.api.upgrade_serializers import UpgradeIn, UpgradeItemOut, UpgradeOut, UpgradeSettleIn
from twin.choices import UpgradeStatus
from twin.models import Upgrade, UpgradeItem
from twin.selectors.upgrades import with_refusals
from twin.services.upgrade_choices import settle_conflicts
from twin.services.upgrades import progress_of, start_upgrade, steer_upgrade


class UpgradeViewSet(ApiViewSet):
    """Waves of upgrades: started, watched, settled, paused, resumed, cancelled."""

    queryset = Upgrade.objects.none()
    serializer_class = UpgradeOut
    required_scopes: ClassVar = {
        "list": "sites:read",
        "retrieve": "sites:read",
        "create": "sites:write",
        "pause": "sites:write",
        "resume": "sites:write",
        "cancel": "sites:write",
        "settle": "sites:write",
    }

    def get_queryset(self) -> QuerySet[Upgrade]:
        """Return the visible waves with the names of their versions."""
        version = Upgrade.objects.visible_to(self.principal).select_related(
            "template_version__template"
        )
        return version.defer("template_version__definition", "template_version__source")

    @extend_schema(request=UpgradeIn, responses={202: UpgradeOut})
    def create(self, request: Request) -> Response:
        """Start a wave; workers do site after site, each in a transaction of its own."""
        upgrade = start_upgrade(principal=self.principal, **self.read(UpgradeIn))
        return Response(self._shown([upgrade])[0], status=HTTPStatus.ACCEPTED)

    def list(self, request: Request) -> Response:
        """List the waves, oldest first, each with its progress."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self._shown(page or []))

    def retrieve(self, request: Request, id: str) -> Response:
        """Return a wave with its progress."""
        return Response(self._shown([self.get_object()])[0])

    @extend_schema(request=None, responses=UpgradeOut)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, id: str) -> Response:
        """Let the workers end the site they are at, and begin no other."""
        return self._steered(UpgradeStatus.PAUSED)

    @extend_schema(request=None, responses=UpgradeOut)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, id: str) -> Response:
        """Go on after a pause, or after a stop by the error rate."""
        return self._steered(UpgradeStatus.RUNNING)

    @extend_schema(request=None, responses=UpgradeOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: str) -> Response:
        """Leave the sites that are waiting as they are; what is applied stays."""
        return self._steered(UpgradeStatus.CANCELLED)

    @extend_schema(request=UpgradeSettleIn, responses=UpgradeOut)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, id: str) -> Response:
        """Choose for sites in conflict; the wave does them again."""
        upgrade = self.get_object()
        given = self.read(UpgradeSettleIn)
        done = settle_conflicts(upgrade, principal=self.principal, **given)
        return Response(self._shown([done])[0])

    def _steered(self, to: UpgradeStatus) -> Response:
        return Response(self._shown([steer_upgrade(self.get_object(), to=to)])[0])

    def _shown(self, upgrades: Any) -> Sequence[dict[str, Any]]:
        progress = progress_of([one.pk for one in upgrades])
        context = {**self.get_serializer_context(), "progress": progress}
        return [dict(UpgradeOut(one, context=context).data) for one in upgrades]


class UpgradeItemViewSet(ListMixin, ApiViewSet):
    """The sites of a wave."""

    queryset = UpgradeItem.objects.none()
    serializer_class = UpgradeItemOut
    filterset_class = UpgradeItemFilter
    required_scopes: ClassVar = {"list": "sites:read"}

    def get_queryset(self) -> QuerySet[UpgradeItem]:
        """Return the sites of the wave that the path names."""
        upgrades = Upgrade.objects.visible_to(self.principal)
        upgrade = get_object_or_404(upgrades, pk=self.kwargs["id"])
        items = UpgradeItem.objects.visible_to(self.principal).filter(upgrade=upgrade)
        return with_refusals(items.select_related("site"))
