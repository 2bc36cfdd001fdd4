"""``views/{id}/devices/``: the devices in a view."""

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.viewsets import ApiViewSet, ListMixin
from devices.api.filters import DeviceFilter
from devices.api.serializers.devices import DeviceOut, with_what_is_shown
from devices.models import Device
from twin.api.lookups import view_in_path
from twin.choices import NodeKind
from twin.selectors.view_contents import contents_of


class ViewDeviceViewSet(ListMixin, ApiViewSet):
    """The devices in a view."""

    queryset = Device.objects.none()
    serializer_class = DeviceOut
    filterset_class = DeviceFilter
    search_fields = ("name",)
    past_actions = ("list",)
    required_scopes: ClassVar = {"list": "devices:read"}

    def get_queryset(self) -> QuerySet[Device]:
        """Return the visible devices in the view of the path."""
        view = view_in_path(self.principal, self.kwargs["id"])
        visible = Device.objects.visible_to(self.principal)
        devices = visible.filter(contents_of(view, NodeKind.DEVICE))
        expand = self.request.query_params.get("expand", "")
        return with_what_is_shown(devices, expand=expand, principal=self.principal)

    def list(self, request: Request, id: str) -> Response:
        """List the devices in the view: put there, found by its rule, or in a view inside it."""
        return super().list(request)
