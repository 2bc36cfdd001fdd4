"""What the bodies of devices show beyond their rows, looked up for a whole page at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail

from config.lib import parameters, past
from config.lib.problems import InvalidParameters
from config.lib.viewsets import ApiViewSet
from devices.api.filters import DeviceFilter
from devices.api.serializers.devices import DeviceOut, with_what_is_shown
from devices.models import Device
from devices.states import State, states_of

NOW_ALONE = "What was measured at a time is in `readings/`: leave `at` or `expand=state` out."


class DeviceBodies(ApiViewSet):
    """Answers with devices, as ``?expand=`` asks."""

    queryset = Device.objects.none()
    serializer_class = DeviceOut
    filterset_class = DeviceFilter
    search_fields = ("name",)

    def with_what_is_shown(self, devices: QuerySet[Device]) -> QuerySet[Device]:
        """Return the devices joined with what their bodies show."""
        return with_what_is_shown(devices, expand=self._expand, principal=self.principal)

    @property
    def shows_states(self) -> bool:
        """Say whether the latest values are asked for."""
        return "state" in self._expand.split(",")

    @property
    def _expand(self) -> str:
        return self.request.query_params.get(parameters.EMBED, "")

    def get_serializer(self, *args: Any, **kwargs: Any) -> DeviceOut:
        """Show states where they are asked for, as far as the caller may read them."""
        context = self.get_serializer_context()
        if args and self.shows_states:
            devices = [args[0]] if isinstance(args[0], Device) else args[0]
            context["states"] = self._states(devices)
        return DeviceOut(*args, **{"context": context, **kwargs})

    def _states(self, devices: Sequence[Device]) -> Mapping[UUID, State]:
        if past.PARAMETER in self.request.query_params:
            raise InvalidParameters({parameters.EMBED: [ErrorDetail(NOW_ALONE, code="now-alone")]})
        return states_of(devices, principal=self.principal, now=timezone.now())
