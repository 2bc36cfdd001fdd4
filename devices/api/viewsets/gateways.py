"""``gateways/``: what gives access to the devices behind it."""

from http import HTTPStatus
from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from devices.api.filters import GatewayFilter
from devices.api.serializers.devices import GatewayChangeIn, GatewayOut
from devices.models import Gateway
from devices.services.gateways import delete_gateway, update_gateway


class GatewayViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Gateways: seen, renamed, moved and deleted here; they come into use by activation."""

    queryset = Gateway.objects.none()
    serializer_class = GatewayOut
    filterset_class = GatewayFilter
    search_fields = ("name",)
    required_scopes: ClassVar = {
        "list": "devices:read",
        "retrieve": "devices:read",
        "partial_update": "devices:write",
        "destroy": "devices:write",
    }

    def get_queryset(self) -> QuerySet[Gateway]:
        """Return the visible gateways with their serials."""
        return Gateway.objects.visible_to(self.principal).select_related("asset")

    @extend_schema(request=GatewayChangeIn, responses=GatewayOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Rename or move a gateway."""
        gateway = self.get_object()
        changes = self.read_changes(GatewayChangeIn)
        for place in filter(None, (changes.get("site"), changes.get("space"))):
            self.check_object_permissions(request, place)
        return self.answer(update_gateway(gateway=gateway, changes=changes))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a gateway; its devices stay."""
        delete_gateway(gateway=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)
