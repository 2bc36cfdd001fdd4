"""The device grant at the token endpoint."""

import json
from http import HTTPStatus
from typing import Any

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.oauth2.rfc6749.grant_types.base import GrantTypeBase
from oauthlib.oauth2.rfc8628.errors import (
    AccessDenied,
    AuthorizationPendingError,
    ExpiredTokenError,
    SlowDownError,
)

from accounts.services.device_grants import poll

REFUSALS = {
    kind.error: kind
    for kind in (
        AccessDenied,
        AuthorizationPendingError,
        ExpiredTokenError,
        SlowDownError,
        errors.InvalidGrantError,
    )
}


class DeviceCodeGrant(GrantTypeBase):
    """Trade a device code for tokens once its user has agreed. Source: RFC 8628 section 3.4."""

    def create_token_response(self, request: Request, token_handler: Any) -> Any:
        """Answer with tokens, or with how the request stands."""
        headers = self._get_default_headers()
        try:
            self.validate_token_request(request)
        except errors.OAuth2Error as error:
            return {**headers, **error.headers}, error.json, error.status_code
        token = token_handler.create_token(request, refresh_token=True)
        self.request_validator.save_token(token, request)
        return headers, json.dumps(token), HTTPStatus.OK

    def validate_token_request(self, request: Request) -> None:
        """Check the client, then the code; on an approved one, note whose it is."""
        validator = self.request_validator
        if validator.client_authentication_required(request):
            is_known = validator.authenticate_client(request)
        else:
            is_known = validator.authenticate_client_id(request.client_id, request)
        if not is_known:
            raise errors.InvalidClientError(request=request)
        self.validate_grant_type(request)
        request.code = getattr(request, "device_code", "")
        polled = poll(device_code=request.code, application=request.client)
        if polled.grant is None:
            raise REFUSALS[polled.error](request=request)
        request.user, request.scopes = polled.grant.user, polled.grant.scope.split()
        request.auth_time = polled.grant.auth_time
