"""Who is at the other end: the caller's address, through the proxies that are trusted."""

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request


def is_in(address: str, networks: Iterable[str]) -> bool:
    """Say whether an address lies in one of the networks; what is no address lies in none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in ipaddress.ip_network(network) for network in networks)


def address_of(request: "HttpRequest | Request") -> str:
    """Return the nearest address that is not a proxy of TRUSTED_PROXY_NETWORKS.

    Without trusted proxies that is whoever connected: a caller can write any X-Forwarded-For.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    hops = [hop.strip() for hop in forwarded if hop.strip()]
    address = str(request.META.get("REMOTE_ADDR", ""))
    while hops and is_in(address, settings.TRUSTED_PROXY_NETWORKS):
        address = hops.pop()
    return address
