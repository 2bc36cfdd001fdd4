"""What Atrium decides inside django-oauth-toolkit: clients, consents, families of tokens."""

import base64
import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from accounts.choices import GrantType
from accounts.errors import ConsentMissing
from accounts.models import AccessToken, Application, Consent, Grant, RefreshToken
from accounts.oauth_parameters import PKCE_NEEDED, fits, is_strong_challenge
from accounts.scopes import OPENID
from accounts.services import tokens
from accounts.services.consents import grant_consent, living_consent
from accounts.services.signing import make_id_token


@lru_cache(maxsize=1)
def _secret_of_nobody() -> str:
    """Return a digest like that of a client's secret, for those who claim to be an unknown one."""
    return make_password("nobody", hasher=oauth2_settings.CLIENT_SECRET_HASHER)


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
            check_password("unknown", _secret_of_nobody())
        return bool(is_authentic)

    def _extract_basic_auth(self, request: Request) -> str | None:
        """Return what follows ``Basic``, in whatever case. Source: RFC 7617 section 2."""
        scheme, _, credentials = request.headers.get("HTTP_AUTHORIZATION", "").partition(" ")
        return credentials.strip() if scheme.lower() == "basic" else None

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
            tokens.end_family(family=tokens.family_of(code))
        return bool(is_valid)

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Do nothing more: the code ended in the transaction that made its tokens."""

    def validate_silent_login(self, request: Request) -> bool:
        """Leave ``prompt=none`` to the page, which knows whether somebody has logged in."""
        return True

    def validate_silent_authorization(self, request: Request) -> bool:
        """Leave ``prompt=none`` to the page, which always asks."""
        return True

    def _validate_resource_uris(self, request: Request, resources: list[str]) -> None:
        """Refuse tokens for other servers: nobody but Atrium reads them (RFC 8707 section 2)."""
        for resource in resources:
            if not f"{resource}/".startswith(f"{settings.PUBLIC_URL}/"):
                text = f"Tokens are for {settings.PUBLIC_URL} alone."
                raise errors.CustomOAuth2Error("invalid_target", text, request=request)

    def _create_authorization_code(
        self, request: Request, code: dict[str, str], expires: datetime | None = None
    ) -> Grant:
        """Record what the user approved (``terms``, from the page) and hand out the code, together.

        The form that was shown may have been tampered with, so what the page checked is checked
        again. Source: RFC 7636 section 4.3, RFC 9700 section 2.1.1.
        """
        if not is_strong_challenge(request.code_challenge, request.code_challenge_method):
            raise errors.InvalidRequestError(PKCE_NEEDED, request=request)
        if not fits(request.nonce or "") or not fits(request.claims or ""):
            raise errors.InvalidRequestError("nonce or claims is malformed.", request=request)
        with transaction.atomic():
            grant_consent(user=request.user, application=request.client, terms=request.terms)
            grant: Grant = super()._create_authorization_code(request, code, expires)
            Grant.objects.filter(pk=grant.pk).update(auth_time=request.auth_time)
        return grant

    def validate_refresh_token(
        self, refresh_token: str, client: Application, request: Request, *args: Any
    ) -> bool:
        """Accept a living token, and one whose answer may have been lost."""
        found = tokens.claim(text=refresh_token, application=request.client)
        if found is None:
            return False
        request.user, request.refresh_token_instance = found.user, found
        return True

    def get_original_scopes(
        self, refresh_token: str, request: Request, *args: Any, **kwargs: Any
    ) -> str:
        """Return what was granted once. Source: RFC 6749 section 6."""
        return str(request.refresh_token_instance.granted_scope)

    def revoke_token(
        self, token: str, token_type_hint: str, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """End a token of the client's own. Source: RFC 7009 section 2.1."""
        tokens.revoke(text=token, application=request.client)

    def _save_bearer_token(
        self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Issue tokens within the user's consent, in the transaction that ends what paid for them.

        Raises: InvalidGrantError, if the user may not log in or no consent stands.
        """
        self._check_and_set_request_resource(request)
        request.consent, granted = None, token["scope"]
        if request.grant_type == GrantType.CLIENT_CREDENTIALS:
            request.user = None
        else:
            request.consent = self._consent_of(request)
            allowed = set(request.consent.scopes)
            token["scope"] = " ".join(s for s in granted.split() if s in allowed)
        if GrantType.REFRESH_TOKEN not in request.client.grant_types:
            token.pop("refresh_token", None)
        self._end_code(request)
        access_token = self._create_access_token(token, request)
        if "refresh_token" in token:
            self._create_refresh_token(token["refresh_token"], request, access_token, granted)
        if OPENID in token["scope"].split() and request.grant_type != GrantType.REFRESH_TOKEN:
            token["id_token"] = self._id_token(request, token["access_token"])

    def _consent_of(self, request: Request) -> Consent:
        """Return the consent that stands, locked, so that a withdrawal finds what it must end."""
        if not request.user.is_active:
            raise errors.InvalidGrantError(request=request)
        try:
            consent = living_consent(user=request.user, application=request.client)
        except ConsentMissing as error:
            raise errors.InvalidGrantError(str(error), request=request) from error
        rows = Consent.objects.select_for_update(no_key=True).filter(pk=consent.pk, revoked_at=None)
        locked = rows.first()
        if locked is None:
            raise errors.InvalidGrantError(request=request)
        return locked

    def _end_code(self, request: Request) -> None:
        """Lock the code, so that of two exchanges at the same moment one alone succeeds."""
        if request.grant_type != GrantType.AUTHORIZATION_CODE:
            return
        codes = Grant.objects.filter(code=request.code)
        grant = codes.select_for_update().first()
        if grant is None:
            raise errors.InvalidGrantError(request=request)
        request.auth_time = grant.auth_time
        codes.delete()

    def _id_token(self, request: Request, access_token: str) -> str:
        """Say who logged in, to this client alone; a refresh says nothing new about that.

        Source: OpenID Connect Core 1.0 sections 2 and 3.1.3.6.
        """
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        return make_id_token(
            {
                "sub": str(request.user.pk),
                "aud": request.client.client_id,
                "nonce": request.nonce,
                "auth_time": int(request.auth_time.timestamp()) if request.auth_time else None,
                "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="),
            }
        )

    def _create_access_token(self, token: dict[str, Any], request: Request) -> AccessToken:
        """Save the token with the consent that it rests on."""
        access_token = AccessToken(
            user=request.user,
            consent=request.consent,
            scope=token["scope"],
            expires=timezone.now() + timedelta(seconds=token["expires_in"]),
            application=request.client,
            resource=getattr(request, "resource", []),
        )
        self._set_token_value(access_token, token["access_token"])
        access_token.save()
        return access_token

    def _create_refresh_token(
        self, text: str, request: Request, access_token: AccessToken, granted: str
    ) -> RefreshToken:
        """Save the token as the first of its family, or as the heir of the one it replaces."""
        spent: RefreshToken | None = getattr(request, "refresh_token_instance", None)
        if spent is not None:
            tokens.spend(token=spent)
        created = RefreshToken(
            user=request.user,
            application=request.client,
            access_token=access_token,
            token_family=spent.token_family if spent else tokens.family_of(request.code),
            generation=spent.generation + 1 if spent else 0,
            scope=spent.granted_scope if spent else granted,
            resource=getattr(request, "resource", []),
        )
        self._set_token_value(created, text)
        created.save()
        return created
