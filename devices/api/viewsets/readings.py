"""``readings/``: measured values come in."""

from dataclasses import asdict
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import OrganisationRole
from config.lib.errors import RoleMissing
from config.lib.viewsets import ApiViewSet
from devices.api.readings import CSVParser, LinesParser, ReadingsJSONParser, readings_of
from devices.api.serializers.readings import ReadingsIn, RecordedOut
from devices.models import Device
from devices.services.contact import note_gateway_contact
from devices.services.readings import record_readings


class ReadingViewSet(ApiViewSet):
    """Readings in bulk, from an organisation's own systems."""

    queryset = Device.objects.none()
    serializer_class = None
    parser_classes = (ReadingsJSONParser, LinesParser, CSVParser)
    required_scopes: ClassVar = {"create": "readings:write"}

    @extend_schema(request=ReadingsIn, responses=RecordedOut)
    def create(self, request: Request) -> Response:
        """Record up to 10,000 readings; a bad one costs itself only.

        The same reading twice is one, so that a batch can be sent again without harm. A gateway
        that has nothing to send says that it is there with an empty batch.
        """
        self._check_role()
        devices: Any = Device.objects.all().recordable_by(self.principal)
        recorded = record_readings(readings_of(request.data), devices=devices)
        if self.principal.is_gateway:
            note_gateway_contact(self.principal.application_id)
        return Response(asdict(recorded))

    def _check_role(self) -> None:
        """Refuse who may only look, wherever they act."""
        acts = self.principal.organisations()
        if acts and not self.principal.organisations(OrganisationRole.OPERATOR):
            raise RoleMissing(role=OrganisationRole.OPERATOR.value)
