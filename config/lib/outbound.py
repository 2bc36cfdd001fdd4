"""The only door to URLs that users gave us: public addresses, no redirects, bounded in all ways.

The host is resolved once, every address must be public, and the connection goes to the address
that was checked, so that a name cannot change its mind in between (DNS rebinding).
"""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpx

TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 64 * 1024
NAT64 = IPv6Network("64:ff9b::/96")
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


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Say whether an address belongs to the world; one that carries another one counts as both.

    Source: RFC 4291 section 2.5.5, RFC 6052 section 2.1, RFC 3056, RFC 4380.
    """
    if address.is_multicast or not address.is_global:
        return False
    return all(is_public(inner) for inner in _carried(address))


def _carried(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses to which translators and tunnels would pass this one on."""
    if isinstance(address, IPv4Address):
        return []
    carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        carried.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [inner for inner in carried if inner is not None]


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
        if not is_public(ip_address(address.partition("%")[0])):
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
