"""``gateways/``: what gives access to the devices behind it."""

from http import HTTPStatus
from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services.applications import check_reach
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from devices.api.claims import count_attempt
from devices.api.filters import GatewayFilter
from devices.api.serializers.claims import ClaimIn, CredentialsOut
from devices.api.serializers.devices import GatewayChangeIn, GatewayOut, with_shown
from devices.models import Gateway
from devices.services.gateway_access import (
    GATEWAY_SCOPES,
    Credentials,
    activate_gateway,
    revoke_credentials,
    rotate_credentials,
)
from devices.services.gateways import delete_gateway, update_gateway
from twin.models import Site, Space


class GatewayViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Gateways: seen, renamed, moved and deleted here; they come into use by activation."""

    queryset = Gateway.objects.none()
    serializer_class = GatewayOut
    filterset_class = GatewayFilter
    search_fields = ("name",)
    past_actions = ("list", "retrieve")
    required_scopes: ClassVar = {
        "list": "devices:read",
        "retrieve": "devices:read",
        "partial_update": "devices:write",
        "destroy": "devices:write",
        "activate": None,
        "rotate_secret": "devices:write",
        "revoke_credentials": "devices:write",
    }
    # Others rely on what stands in their building: a grant lets one change it, not delete it, nor
    # act in its stead.
    keepers_only: ClassVar = frozenset({"destroy", "rotate_secret", "revoke_credentials"})

    def get_queryset(self) -> QuerySet[Gateway]:
        """Return the visible gateways with their serials."""
        visible = Gateway.objects.visible_to(self.principal).select_related("asset")
        return with_shown(visible, self.principal, Site, Space)

    @extend_schema(request=GatewayChangeIn, responses=GatewayOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Rename or move a gateway."""
        gateway = self.get_object()
        changes = self.read_changes(GatewayChangeIn)
        for place in filter(None, (changes.get("site"), changes.get("space"))):
            self.check_object_permissions(request, place)
        update_gateway(gateway=gateway, changes=changes)
        return self.answer(self.get_queryset().get(pk=gateway.pk))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a gateway with its credentials; its devices stay."""
        delete_gateway(gateway=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=ClaimIn, responses={201: CredentialsOut})
    @action(detail=False, methods=["post"])
    def activate(self, request: Request) -> Response:
        """Give a declared gateway credentials of its own; needs no token.

        The secret is in this answer and never again. A claim code is good for one activation.
        """
        given = self.read(ClaimIn)
        count_attempt(request, given["claim_code"])
        return _shown(activate_gateway(**given), HTTPStatus.CREATED)

    @extend_schema(request=None, responses=CredentialsOut)
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, id: str) -> Response:
        """Give the gateway a new secret; the old one and its tokens end at once."""
        gateway = self.get_object()
        check_reach(self.principal, GATEWAY_SCOPES)
        return _shown(rotate_credentials(gateway=gateway))

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["delete"], url_path="credentials")
    def revoke_credentials(self, request: Request, id: str) -> Response:
        """Take the gateway's credentials away; only a new claim code brings others."""
        revoke_credentials(gateway=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)


def _shown(credentials: Credentials, status: int = HTTPStatus.OK) -> Response:
    body = {**credentials._asdict(), "gateway": str(credentials.gateway.pk)}
    return Response(body, status=status, headers={"Cache-Control": "no-store"})
