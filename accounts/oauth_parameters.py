"""What the parameters of an OAuth request must look like, whichever endpoint they are sent to."""

import base64
import binascii
import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

from django.http import HttpRequest, QueryDict

PKCE_NEEDED = "code_challenge is missing, or code_challenge_method is not S256."
S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_TEXT = 255
REPEATABLE = frozenset({"resource"})


def is_strong_challenge(challenge: str | None, method: str | None) -> bool:
    """Say whether the proof key is there and hashed. Source: RFC 7636 section 4.2."""
    return method == "S256" and S256_CHALLENGE.fullmatch(challenge or "") is not None


def fits(text: object) -> bool:
    """Say whether a text of the client's can be stored."""
    return len(str(text)) <= MAX_TEXT and "\x00" not in str(text)


def repeated(parameters: QueryDict) -> str:
    """Return a parameter that was sent more than once, or an empty text.

    Source: RFC 6749 sections 3.1 and 3.2; RFC 8707 section 2 lets ``resource`` be repeated.
    """
    names: Iterable[str] = (name for name, values in parameters.lists() if len(values) > 1)
    return next((name for name in names if name not in REPEATABLE), "")


def basic_credentials(request: HttpRequest) -> str:
    """Return what follows ``Basic`` in the Authorization header, or an empty text."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "basic" else ""


def client_of_basic(credentials: str) -> str:
    """Return the client id in a Basic header, unchecked. Source: RFC 6749 section 2.3.1."""
    try:
        text = base64.b64decode(credentials).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return unquote_plus(text.partition(":")[0])[:MAX_TEXT]


def claimed_client(request: HttpRequest) -> str:
    """Return the client id that the request claims, by whichever method, unchecked."""
    credentials = basic_credentials(request)
    if not credentials:
        return request.POST.get("client_id", "")[:MAX_TEXT]
    return client_of_basic(credentials)


def fault_of_form(request: HttpRequest) -> str:
    """Return in words what is wrong with a request to a machine's endpoint, or an empty text.

    Parameters come once, in the body, and a client authenticates itself by one method.
    Source: RFC 6749 sections 2.3, 2.3.1 and 3.2.
    """
    if request.GET:
        return "URL query parameters are not allowed."
    if name := repeated(request.POST):
        return f"{name[:MAX_TEXT]} was sent more than once."
    credentials = basic_credentials(request)
    if not credentials:
        return ""
    if "client_secret" in request.POST:
        return "Authenticate the client by one method only."
    if request.POST.get("client_id", client := client_of_basic(credentials)) != client:
        return "client_id is not the client that authenticates itself."
    return ""
