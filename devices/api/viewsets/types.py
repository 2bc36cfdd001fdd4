"""``device-types/``: the catalogue."""

from typing import ClassVar

from django.db.models import QuerySet

from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from devices.api.filters import DeviceTypeFilter
from devices.api.serializers.types import DeviceTypeOut
from devices.models import DeviceType


class DeviceTypeViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Kinds of device: what each measures, shows, takes as setting and can do."""

    queryset = DeviceType.objects.none()
    serializer_class = DeviceTypeOut
    filterset_class = DeviceTypeFilter
    search_fields = ("name", "key", "manufacturer", "model")
    required_scopes: ClassVar = {"list": "catalogue:read", "retrieve": "catalogue:read"}

    def get_queryset(self) -> QuerySet[DeviceType]:
        """Return the shipped types and those of the caller's organisations."""
        visible = DeviceType.objects.visible_to(self.principal)
        return visible.prefetch_related("points", "actions")
