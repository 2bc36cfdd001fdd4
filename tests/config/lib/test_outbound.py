"""The one door to strangers' URLs: public addresses alone, no redirects, bounded."""

import socket
from typing import Any

import pytest

from config.lib import outbound


def resolving_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let names resolve to these addresses, and record each name that is asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **kwargs: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in addresses]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https://user:password@example.org/",
        "https://example.org:22/",
        "https://example.org:99999/",
        "https://[::1/",
        "//example.org/",
        "",
    ],
)
def test_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(outbound.OutboundRefused):
        outbound.check_url(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
def test_address_that_is_not_public_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolving_to(monkeypatch, address)

    with pytest.raises(outbound.OutboundRefused):
        outbound.resolve_public("example.org", 443)


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving_to(monkeypatch, "93.184.216.34", "10.0.0.1")

    with pytest.raises(outbound.OutboundRefused):
        outbound.resolve_public("example.org", 443)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost"])
def test_other_spellings_of_loopback_are_refused(host: str) -> None:
    with pytest.raises(outbound.OutboundRefused):
        outbound.post(f"https://{host}/", body=b"", headers={})


def test_name_is_resolved_once_and_the_checked_address_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = resolving_to(monkeypatch, "93.184.216.34")
    called: list[Any] = []

    def connect(address: Any, *args: Any, **kwargs: Any) -> None:
        called.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(outbound.OutboundFailed):
        outbound.post("https://example.org/hook", body=b"{}", headers={})

    assert asked == ["example.org"]
    assert called[0][0] == "93.184.216.34"


def test_unknown_host_is_refused_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*args: Any, **kwargs: Any) -> list[Any]:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(outbound.socket, "getaddrinfo", getaddrinfo)

    with pytest.raises(outbound.OutboundRefused, match="cannot be found"):
        outbound.resolve_public("no-such-host.example", 443)
