"""``organisations/{id}/retention/``: how long single readings are kept."""

from typing import ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import OrganisationRole
from accounts.models import Organisation
from config.lib.viewsets import ApiViewSet
from devices.api.serializers.retention import ExpectedOut, PreviewOut, RetentionIn, RetentionOut
from devices.services.retention import preview_retention, retention_of, set_retention


class RetentionViewSet(ApiViewSet):
    """How long an organisation keeps single readings; sums stay."""

    queryset = Organisation.objects.none()
    serializer_class = RetentionOut
    required_scopes: ClassVar = {
        "retention": "members:read",
        "change_retention": "members:write",
        "preview": "members:read",
    }
    required_roles: ClassVar = {
        "change_retention": OrganisationRole.ADMIN,
        "preview": OrganisationRole.ADMIN,
    }

    def get_queryset(self) -> QuerySet[Organisation]:
        """Return the organisations in which the caller acts."""
        return Organisation.objects.visible_to(self.principal)

    @extend_schema(responses=RetentionOut)
    @action(detail=True)
    def retention(self, request: Request, id: str) -> Response:
        """Say for how many days readings of each kind of point are kept."""
        return Response(retention_of(self.get_object()))

    @extend_schema(request=RetentionIn, responses=RetentionOut)
    @retention.mapping.patch
    def change_retention(self, request: Request, id: str) -> Response:
        """Set it for some kinds. What is older goes the next night; try `preview/` first."""
        organisation = self.get_object()
        set_retention(organisation, self.read(RetentionIn))
        return Response(retention_of(organisation))

    @extend_schema(request=RetentionIn, responses=PreviewOut)
    @action(detail=True, methods=["post"], url_path="retention/preview")
    def preview(self, request: Request, id: str) -> Response:
        """Say what would go if that were set. Nothing does."""
        organisation, days = self.get_object(), self.read(RetentionIn)
        found = preview_retention(organisation, days, now=timezone.now())
        return Response({"results": ExpectedOut(found, many=True).data})
