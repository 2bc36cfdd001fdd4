"""From Django's requests to oauthlib and back."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauthlib.common import Request

from accounts.models import Application
from accounts.sessions import logged_in_at


class AtriumOAuthLibCore(OAuthLibCore):
    """The toolkit's bridge from Django to oauthlib, which also tells which client asks."""

    def create_authorization_response(
        self, request: HttpRequest, scopes: Any, credentials: dict[str, Any], allow: Any
    ) -> Any:
        """Pass on when the user logged in, for the ID token."""
        known = {**credentials, "auth_time": logged_in_at(request)}
        return super().create_authorization_response(request, scopes, known, allow)

    def create_token_response(self, request: HttpRequest) -> Any:
        """Decide on a grant and issue what it is worth in one transaction.

        An error is an answer, not an exception: what it ended stays ended.
        """
        with transaction.atomic():
            return super().create_token_response(request)

    def client_of(self, request: HttpRequest, *, may_be_public: bool = False) -> Application | None:
        """Return the client that authenticates itself, or None.

        That is by its secret; where it may be public, one that has none by its id alone.
        """
        asked = Request(*self._extract_params(request))
        validator = self.server.request_validator
        if may_be_public and not validator.client_authentication_required(asked):
            is_known = validator.authenticate_client_id(asked.client_id, asked)
        else:
            is_known = validator.authenticate_client(asked)
        return asked.client if is_known else None
