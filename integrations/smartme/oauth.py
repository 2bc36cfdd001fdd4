"""OAuth 2.0 at the smart-me cloud: HTTP only, nothing of our own models.

Source: docs/integrations/smart-me.md, "OAuth 2.0"; RFC 6749, RFC 7636, RFC 8628.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from types import TracebackType
from typing import Any, Final, Self

import httpx
from oauthlib.common import add_params_to_uri
from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749.parameters import parse_token_response, prepare_token_request

from .answers import fault_of, read_capped
from .errors import (
    AnswerUnreadable,
    AuthorizationPending,
    AuthorizationSlowed,
    CloudFault,
    GrantRefused,
)
from .transport import Deadline, quiet_client

DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
# Seen for client credentials; taken where the cloud does not say.
DEFAULT_LIFE_S: Final = 3600.0
DEFAULT_POLL_S: Final = 5
MAX_WAIT_S: Final = 3600
PATIENCE: Final[dict[str, type[CloudFault]]] = {
    "authorization_pending": AuthorizationPending,
    "slow_down": AuthorizationSlowed,
}


@dataclass(frozen=True)
class TokenAnswer:
    """What the token endpoint gave; ``claims`` is None where it does not say."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    life_s: float
    claims: tuple[str, ...] | None


@dataclass(frozen=True)
class DeviceCode:
    """A code that a person types in at ``verification_uri``, on any machine."""

    device_code: str = field(repr=False)
    user_code: str
    verification_uri: str
    life_s: float
    poll_every_s: int


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a code verifier. Source: RFC 7636, section 4.2."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorize_url(
    base_url: str, *, client_id: str, redirect_uri: str, scope: str, state: str, verifier: str
) -> str:
    """Return where to send the browser of the person who is asked."""
    given = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    url: str = add_params_to_uri(f"{base_url}/oauth/authorize", given.items())
    return url


class OAuthClient:
    """Talks to the token endpoint for one application; use it as a context manager.

    Args: ``total_s`` bounds a whole call from the first byte sent to the last one read.
    """

    def __init__(
        self,
        *,
        base_url: str,
        client_id: str,
        client_secret: str = "",
        total_s: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._application = {"client_id": client_id}
        if client_secret:
            self._application["client_secret"] = client_secret
        self._total_s = total_s
        self._deadline = Deadline()
        self._http = quiet_client(base_url, deadline=self._deadline, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def exchange(self, *, code: str, verifier: str, redirect_uri: str) -> TokenAnswer:
        """Turn the code of a person's answer into tokens.

        Raises: CloudFault, in the kind that fits.
        """
        return self._tokens(
            "authorization_code", code=code, code_verifier=verifier, redirect_uri=redirect_uri
        )

    def refresh(self, refresh_token: str) -> TokenAnswer:
        """Renew the tokens; the refresh token may be spent by that, whatever is answered.

        Raises: CloudFault, in the kind that fits.
        """
        return self._tokens("refresh_token", refresh_token=refresh_token)

    def client_credentials(self, scope: str) -> TokenAnswer:
        """Get in as the application itself.

        Raises: CloudFault, in the kind that fits.
        """
        return self._tokens("client_credentials", scope=scope)

    def poll_device(self, device_code: str) -> TokenAnswer:
        """Ask whether a person has typed in the code.

        Raises: AuthorizationPending, AuthorizationSlowed, or another CloudFault that ends it.
        """
        return self._tokens(DEVICE_GRANT, device_code=device_code)

    def begin_device(self, scope: str) -> DeviceCode:
        """Ask for a code to type in.

        Raises: CloudFault, in the kind that fits.
        """
        form = {"client_id": self._application["client_id"], "scope": scope}
        given = _object(self._post("/oauth/device", httpx.QueryParams(form)))
        try:
            return DeviceCode(
                device_code=str(given["device_code"]),
                user_code=str(given["user_code"])[:64],
                verification_uri=_https(str(given["verification_uri"])),
                life_s=min(float(given.get("expires_in", 600)), MAX_WAIT_S),
                poll_every_s=min(int(given.get("interval", DEFAULT_POLL_S)), 60),
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise AnswerUnreadable(detail="A device code was expected.") from fault

    def _tokens(self, grant: str, **given: str) -> TokenAnswer:
        form = prepare_token_request(grant, **self._application, **given)
        content = self._post("/oauth/token", form)
        try:
            tokens = parse_token_response(content)
            life_s = float(tokens.get("expires_in", DEFAULT_LIFE_S))
        # The cause may quote the answer, and the answer may hold a token.
        except (OAuth2Error, AttributeError, TypeError, ValueError):
            raise AnswerUnreadable(detail="A token was expected.") from None
        scopes = tokens.get("scope")
        return TokenAnswer(
            access_token=str(tokens["access_token"]),
            refresh_token=tokens.get("refresh_token"),
            life_s=max(life_s, 0.0),
            claims=None if scopes is None else tuple(str(scope)[:64] for scope in scopes),
        )

    def _post(self, path: str, form: Any) -> str:
        self._deadline.restart(self._total_s)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = read_capped(
            self._http, "POST", path=path, headers=headers, content=str(form).encode()
        )
        if answer.response.is_success:
            return answer.body.decode("utf-8", "replace")
        raise _refusal(answer.body) or fault_of(answer.response)


def _refusal(body: bytes) -> CloudFault | None:
    """Return the fault an OAuth error stands for. Source: RFC 6749, section 5.2.

    The description is not passed on: nobody knows what it quotes.
    """
    try:
        code = _object(body.decode()).get("error")
    except (AnswerUnreadable, UnicodeDecodeError):
        return None
    if not (isinstance(code, str) and code.isascii() and code.isprintable()):
        return None
    patience = PATIENCE.get(code)
    return patience() if patience else GrantRefused(code=code[:64])


def _object(content: str) -> dict[str, Any]:
    try:
        given = json.loads(content)
    # The cause would carry the answer, and the answer may hold a token.
    except (ValueError, RecursionError):
        raise AnswerUnreadable(detail="It is not valid JSON.") from None
    if not isinstance(given, dict):
        raise AnswerUnreadable(detail="A JSON object was expected.")
    return given


def _https(url: str) -> str:
    """Return an address that can be shown as a link."""
    if not url.startswith(("https://", "http://")) or len(url) > 500:
        raise ValueError("no address of a web page")
    return url
