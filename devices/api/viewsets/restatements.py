"""``metering-points/{id}/restatements/``: which closed days and months are others now."""

from typing import ClassVar

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.viewsets import ApiViewSet, ListMixin
from devices.api.serializers.metering import RestatementOut
from devices.metering.consumption import readable_times
from devices.models import MeteringPoint, Restatement
from devices.services.restatements import INTERVALS


class RestatementViewSet(ListMixin, ApiViewSet):
    """What was told of a closed day or month, and what it is now."""

    queryset = Restatement.objects.none()
    serializer_class = RestatementOut
    required_scopes: ClassVar = {"list": "readings:read"}

    def get_queryset(self) -> QuerySet[Restatement]:
        """Return the restatements of times that the caller may read so finely."""
        readable = MeteringPoint.objects.all().readable_by(self.principal)
        point = get_object_or_404(readable, pk=self.kwargs["id"])
        is_open = Q(pk__in=())
        for interval, times in readable_times(point, self.principal, intervals=INTERVALS).items():
            for since, until in times:
                is_open |= Q(interval=interval, start__gte=since, end__lte=until)
        return Restatement.objects.filter(is_open, metering_point=point)

    @extend_schema(operation_id="metering_points_restatements_list")
    def list(self, request: Request, id: str) -> Response:
        """List the restatements of a metering point, oldest first: before, after and why."""
        return super().list(request)
