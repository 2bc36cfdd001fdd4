"""``views/{id}/devices/``: the devices in a view."""

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.viewsets import ListMixin
from devices.api.bodies import DeviceBodies
from devices.models import Device
from twin.api.lookups import view_in_path
from twin.choices import NodeKind
from twin.selectors.view_contents import contents_of


class ViewDeviceViewSet(ListMixin, DeviceBodies):
    """The devices in a view."""

    past_actions = ("list",)
    required_scopes: ClassVar = {"list": "devices:read"}

    def get_queryset(self) -> QuerySet[Device]:
        """Return the visible devices in the view of the path."""
        view = view_in_path(self.principal, self.kwargs["id"])
        visible = Device.objects.visible_to(self.principal)
        return self.with_what_is_shown(visible.filter(contents_of(view, NodeKind.DEVICE)))

    def list(self, request: Request, id: str) -> Response:
        """List the devices in the view: put there, found by its rule, or in a view inside it."""
        return super().list(request)
