"""``occupancies/{id}/devices/``: of which devices the person may read their own period."""

from typing import ClassVar

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.viewsets import ApiViewSet, ListMixin
from devices.api.serializers.devices import StoodOut
from devices.models import Device, Placement
from twin.models.reach import reach_of
from twin.rights import Right, Way


class OccupancyDeviceViewSet(ListMixin, ApiViewSet):
    """The devices that stood in one's flat while one lived there, also long after."""

    queryset = Device.objects.none()
    serializer_class = StoodOut
    required_scopes: ClassVar = {"list": "devices:read"}

    def get_queryset(self) -> QuerySet[Device]:
        """Return the devices of the caller's own period, as far as the consent covers them."""
        stood = Placement.objects.at_home(self._right())
        devices = Device.objects.all().readable_by(self.principal)
        return devices.filter(pk__in=stood.values("device")).select_related("asset", "type")

    @extend_schema(operation_id="occupancies_devices_list")
    def list(self, request: Request, id: str) -> Response:
        """List the devices whose readings of that period are yours to read and to export.

        Where they stand today, and what they are called there, is not told.
        """
        return super().list(request)

    def _right(self) -> Right:
        """Return the right that the occupancy of the path gives; it is one's own or not found."""
        for right in reach_of(self.principal).rights:
            if right.way is Way.OCCUPANCY and right.source == self.kwargs["id"]:
                return right
        raise Http404
