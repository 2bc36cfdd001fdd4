"""Whose address counts, with and without proxies in between."""

from typing import Any

import pytest
from django.test import RequestFactory

from config.lib.addresses import address_of, is_in


def asked(remote: str, forwarded: str = "") -> str:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return address_of(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote))


def test_without_trusted_proxies_a_forged_header_counts_for_nothing() -> None:
    assert asked("203.0.113.9", "198.51.100.1") == "203.0.113.9"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("192.0.2.7, 198.51.100.1", "198.51.100.1"),
        ("", "10.0.0.1"),
    ],
)
def test_trusted_proxies_are_looked_through(settings: Any, forwarded: str, address: str) -> None:
    settings.TRUSTED_PROXY_NETWORKS = ["10.0.0.0/8"]

    assert asked("10.0.0.1", forwarded) == address


@pytest.mark.parametrize("text", ["", "unix:", "not an address"])
def test_what_is_no_address_lies_in_no_network(text: str) -> None:
    assert not is_in(text, ["0.0.0.0/0", "::/0"])
