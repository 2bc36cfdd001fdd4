"""``me/``: who asks, and what this token may do."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.outputs import MeOut
from accounts.places import name_places
from accounts.selectors import caller_of
from config.lib.viewsets import ApiViewSet


class MeViewSet(ApiViewSet):
    """The caller."""

    serializer_class = MeOut
    required_scopes = {"retrieve": "profile"}

    def allowed_parameters(self) -> set[str]:
        """Return no parameter: the answer is small and always whole."""
        return set()

    @extend_schema(operation_id="me_retrieve", responses=MeOut)
    def retrieve(self, request: Request) -> Response:
        """Return the user with their roles, the application, and this token's consent."""
        caller = caller_of(self.principal)
        name_places([caller.consent] if caller.consent else [], self.principal)
        about = {
            "user": caller.user,
            "b2c_user": caller.b2c_user_id,
            "b2b_users": caller.roles,
            "application": caller.application,
            "organisation": None if caller.user else caller.application.organisation,
            "role": None if caller.user else "admin",
            "consent": caller.consent,
            "scopes": sorted(self.principal.scopes),
            "environment": settings.ATRIUM_ENVIRONMENT,
        }
        return Response(MeOut(about).data)
