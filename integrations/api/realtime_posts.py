"""``smartme/realtime/{token}/``: where the smart-me cloud posts what meters say by themselves."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from config.lib.errors import DatabaseUnavailable
from config.lib.parsers import read_body
from config.lib.problems import TooLarge
from config.lib.viewsets import ApiViewSet
from integrations.errors import RealtimeInboxFull
from integrations.smartme.realtime.endpoint import DONE
from integrations.smartme.realtime.receiving import Arrival, Verdict, receive
from integrations.smartme.realtime.wire import MAX_BODY_BYTES


class PairAuthentication(BaseAuthentication):
    """The address's own pair of user and password, checked together with the address."""

    def authenticate(self, request: Request) -> None:
        """Leave the check to the one who knows the address."""

    def authenticate_header(self, request: Request) -> str:
        """Name what is asked for."""
        return 'Basic realm="smart-me realtime"'


class PairScheme(OpenApiAuthenticationExtension):
    """Declare the pair in the OpenAPI document."""

    target_class = PairAuthentication
    name = "realtimePair"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the scheme."""
        return {"type": "http", "scheme": "basic"}


class RealtimePostViewSet(ApiViewSet):
    """Posts of the smart-me cloud. A web server's worker answers most of them before Django."""

    authentication_classes = (PairAuthentication,)
    # Nobody counts what the cloud may send; refused posts are counted by their address.
    throttle_classes = ()
    required_scopes: ClassVar = {"create": None}

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def create(self, request: Request, token: str) -> HttpResponse:
        """Keep a post; it is in the database when this is answered, and its readings soon after."""
        body = read_body(request)
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
        header = request.headers.get("Authorization", "")
        (verdict,) = receive([Arrival(token, header, body)])
        if verdict is Verdict.REFUSED:
            raise AuthenticationFailed("There is no such address, or the pair is not its own.")
        if verdict is Verdict.FULL:
            raise RealtimeInboxFull()
        if verdict is Verdict.FAILED:
            raise DatabaseUnavailable()
        return HttpResponse(DONE, status=HTTPStatus.OK, content_type="text/plain")
