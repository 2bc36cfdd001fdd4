"""What Atrium decides inside django-oauth-toolkit: clients, consents, families of tokens."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from accounts.choices import GrantType
from accounts.errors import ConsentMissing
from accounts.models import AccessToken, Application, Consent, Grant, RefreshToken
from accounts.services.consents import grant_consent, living_consent
from config.lib.secrets import digest

PKCE_NEEDED = "code_challenge is missing, or code_challenge_method is not S256."
S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_TEXT = 255


def is_strong_challenge(challenge: str | None, method: str | None) -> bool:
    """Say whether the proof key is there and hashed. Source: RFC 7636 section 4.2."""
    return method == "S256" and S256_CHALLENGE.fullmatch(challenge or "") is not None


def fits(text: object) -> bool:
    """Say whether a text of the client's can be stored."""
    return len(str(text)) <= MAX_TEXT and "\x00" not in str(text)


def family_of(code: str) -> UUID:
    """Return the name of the family of tokens that descend from an authorization code."""
    return UUID(digest(f"family:{code}")[:32])


class AtriumOAuth2Validator(OAuth2Validator):
    """The toolkit's validator with Atrium's rules."""

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """Check the secret, by one method only; an unknown client takes as long as a known one.

        Source: RFC 6749 section 2.3.
        """
        if self._extract_basic_auth(request):
            is_authentic = self._authenticate_basic_auth(request)
        else:
            is_authentic = self._authenticate_request_body(request)
        if request.client is None:
            check_password("unknown", make_password("known", "salt", "client_secret"))
        return bool(is_authentic)

    def _load_application(self, client_id: str | None, request: Request) -> Application | None:
        """Find the client; an id that cannot be stored is no client's."""
        if not client_id or not fits(client_id):
            return None
        return super()._load_application(client_id, request)

    def validate_user(self, *args: Any, **kwargs: Any) -> bool:
        """Refuse: there is no password grant, and nobody learns here whether a password is right.

        Source: RFC 9700 section 2.4.
        """
        return False

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Application, request: Request, *args: Any
    ) -> bool:
        """Allow a grant that the application declares; client credentials need a secret.

        Source: RFC 6749 section 4.4.
        """
        application: Application = request.client
        if grant_type == GrantType.CLIENT_CREDENTIALS and not application.is_confidential:
            return False
        return grant_type in application.grant_types

    def validate_code(
        self, client_id: str, code: str, client: Application, request: Request, *args: Any
    ) -> bool:
        """Accept a code once; whoever presents it again ends every token that came from it.

        Source: RFC 6749 section 4.1.2.
        """
        is_valid = super().validate_code(client_id, code, client, request, *args)
        if not is_valid:
            RefreshToken.revoke_family(family_of(code))
        return bool(is_valid)

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Do nothing more: the code ended in the transaction that made its tokens."""

    def _validate_resource_uris(self, request: Request, resources: list[str]) -> None:
        """Refuse tokens for other servers: nobody but Atrium reads them (RFC 8707 section 2)."""
        for resource in resources:
            if not f"{resource}/".startswith(f"{settings.PUBLIC_URL}/"):
                text = f"Tokens are for {settings.PUBLIC_URL} alone."
                raise errors.CustomOAuth2Error("invalid_target", text, request=request)

    def _create_authorization_code(
        self, request: Request, code: dict[str, str], expires: datetime | None = None
    ) -> Grant:
        """Record what the user approved, then hand out the code.

        The form that was shown may have been tampered with, so what the page checked is checked
        again. Source: RFC 7636 section 4.3, RFC 9700 section 2.1.1.
        """
        if not is_strong_challenge(request.code_challenge, request.code_challenge_method):
            raise errors.InvalidRequestError(PKCE_NEEDED, request=request)
        if not fits(request.nonce or "") or not fits(request.claims or ""):
            raise errors.InvalidRequestError("nonce or claims is malformed.", request=request)
        grant_consent(user=request.user, application=request.client, scopes=request.scopes)
        return super()._create_authorization_code(request, code, expires)

    def _save_bearer_token(
        self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Issue tokens within the user's consent, in the transaction that ends the code."""
        request.consent = None
        if request.grant_type != GrantType.CLIENT_CREDENTIALS:
            request.consent = self._consent_of(request)
            allowed = set(request.consent.scopes)
            token["scope"] = " ".join(s for s in token.get("scope", "").split() if s in allowed)
        if GrantType.REFRESH_TOKEN not in request.client.grant_types:
            token.pop("refresh_token", None)
        self._end_code(request)
        super()._save_bearer_token(token, request, *args, **kwargs)
        if request.grant_type == GrantType.AUTHORIZATION_CODE:
            Grant.objects.filter(code=request.code).delete()

    def _consent_of(self, request: Request) -> Consent:
        if not request.user.is_active:
            raise errors.InvalidGrantError(request=request)
        try:
            return living_consent(user=request.user, application=request.client)
        except ConsentMissing as error:
            raise errors.InvalidGrantError(str(error), request=request) from error

    def _end_code(self, request: Request) -> None:
        """Lock the code, so that of two exchanges at the same moment one alone succeeds."""
        if request.grant_type != GrantType.AUTHORIZATION_CODE:
            return
        if not Grant.objects.select_for_update().filter(code=request.code).exists():
            raise errors.InvalidGrantError(request=request)

    def _create_access_token(
        self,
        expires: datetime,
        request: Request,
        token: dict[str, Any],
        source_refresh_token: RefreshToken | None = None,
    ) -> AccessToken:
        """Save the token with the consent that it rests on."""
        id_token = token.get("id_token")
        access_token = AccessToken(
            user=request.user,
            consent=request.consent,
            scope=token["scope"],
            expires=expires,
            id_token=self._load_id_token(id_token) if id_token else None,
            application=request.client,
            source_refresh_token=source_refresh_token,
            resource=getattr(request, "resource", []),
        )
        self._set_token_value(access_token, token["access_token"])
        access_token.save()
        return access_token

    def _create_refresh_token(
        self,
        request: Request,
        refresh_token_code: str,
        access_token: AccessToken,
        previous_refresh_token: RefreshToken | None,
    ) -> RefreshToken:
        """Save the token; the first of a family is named after its code."""
        created: RefreshToken = super()._create_refresh_token(
            request, refresh_token_code, access_token, previous_refresh_token
        )
        if request.grant_type == GrantType.AUTHORIZATION_CODE:
            created.token_family = family_of(request.code)
            created.save(update_fields=["token_family"])
        return created


class AtriumOAuthLibCore(OAuthLibCore):
    """The toolkit's bridge from Django to oauthlib, which also tells which client asks."""

    def client_of(self, request: HttpRequest) -> Application | None:
        """Return the client that authenticates itself by its secret, or None."""
        asked = Request(*self._extract_params(request))
        is_authentic = self.server.request_validator.authenticate_client(asked)
        return asked.client if is_authentic else None
