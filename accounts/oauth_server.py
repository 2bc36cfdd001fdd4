"""Which grants the OAuth server knows: what is not put together here cannot be asked for."""

from typing import Any

from oauthlib.oauth2.rfc6749.endpoints import (
    AuthorizationEndpoint,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc6749.grant_types import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)
from oauthlib.oauth2.rfc6749.tokens import BearerToken
from oauthlib.openid.connect.core.grant_types import (
    AuthorizationCodeGrant as OpenIDCodeGrant,
)
from oauthlib.openid.connect.core.grant_types.dispatchers import AuthorizationCodeGrantDispatcher

from accounts.choices import GrantType
from accounts.oauth_device import DeviceCodeGrant


class AtriumServer(AuthorizationEndpoint, TokenEndpoint, RevocationEndpoint):
    """One response type, and no implicit, hybrid or password grant anywhere.

    A request with ``openid`` is checked as OpenID Connect asks; its ID token is made where the
    other tokens are, in one transaction with them. Source: RFC 9700 sections 2.1.2 and 2.4.
    """

    def __init__(
        self,
        request_validator: Any,
        token_expires_in: int | None = None,
        token_generator: Any = None,
        refresh_token_generator: Any = None,
        **kwargs: Any,
    ) -> None:
        bearer = BearerToken(
            request_validator, token_generator, token_expires_in, refresh_token_generator
        )
        code = AuthorizationCodeGrant(request_validator)
        asked = AuthorizationCodeGrantDispatcher(code, OpenIDCodeGrant(request_validator))
        grants = {
            GrantType.AUTHORIZATION_CODE.value: code,
            GrantType.REFRESH_TOKEN.value: RefreshTokenGrant(request_validator),
            GrantType.CLIENT_CREDENTIALS.value: ClientCredentialsGrant(request_validator),
            GrantType.DEVICE_CODE.value: DeviceCodeGrant(request_validator),
        }
        AuthorizationEndpoint.__init__(
            self,
            default_response_type="code",
            default_token_type=bearer,
            response_types={"code": asked},
        )
        TokenEndpoint.__init__(
            self,
            default_grant_type=GrantType.AUTHORIZATION_CODE.value,
            default_token_type=bearer,
            grant_types=grants,
        )
        RevocationEndpoint.__init__(self, request_validator)
