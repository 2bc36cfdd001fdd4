"""The only door to URLs that users gave us: public addresses, no redirects, bounded in all ways.

The host is resolved once, every address must be public, and the connection goes to the address
that was checked, so that a name cannot change its mind in between (DNS rebinding).
"""

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 64 * 1024
PORTS = frozenset({443, 8443})


class OutboundRefused(Exception):
    """The URL may not be called; the message says why in plain words."""


class OutboundFailed(Exception):
    """The call was made and did not end well; the cause is chained."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the body's first bytes and how long it took (seconds)."""

    status: int
    body: bytes
    duration_s: float


def resolve_public(host: str, port: int) -> str:
    """Return the one address to connect to.

    Raises: OutboundRefused, unless the name resolves and all its addresses are public.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise OutboundRefused(f"The host {host} cannot be found.") from error
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not ipaddress.ip_address(address.split("%")[0]).is_global:
            raise OutboundRefused(f"The host {host} is not a public address.")
    return addresses[0]


def check_url(url: str) -> tuple[str, int]:
    """Return host and port of a URL that is https, without user, on an allowed port.

    Raises: OutboundRefused, with the reason.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 443
    except ValueError as error:
        raise OutboundRefused("The URL is malformed.") from error
    if parts.scheme != "https" or not host:
        raise OutboundRefused("The URL must begin with https:// and name a host.")
    if parts.username or parts.password:
        raise OutboundRefused("The URL must not carry a user or a password.")
    if port not in PORTS:
        raise OutboundRefused(f"Port {port} is not allowed: use 443 or 8443.")
    return host, port


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send the body to a stranger's URL: one deadline over all, a capped answer, no redirect.

    Raises: OutboundRefused, before anything is sent; OutboundFailed, if no answer came in time.
    """
    host, port = check_url(url)
    address = resolve_public(host, port)
    target = httpx.URL(url).copy_with(host=address)
    sent = {**headers, "Host": host if port == 443 else f"{host}:{port}"}
    started = time.monotonic()
    try:
        with (
            httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST", target, content=body, headers=sent, extensions={"sni_hostname": host}
            ) as response,
        ):
            content = _read_capped(response, deadline=started + TIMEOUT_S)
    except httpx.HTTPError as error:
        raise OutboundFailed(f"No answer from {host}: {type(error).__name__}.") from error
    return Answer(response.status_code, content, time.monotonic() - started)


def _read_capped(response: httpx.Response, *, deadline: float) -> bytes:
    content = b""
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) >= MAX_ANSWER_BYTES or time.monotonic() > deadline:
            break
    return content[:MAX_ANSWER_BYTES]
