"""An HTTP transport whose calls end at a deadline, however slowly the bytes drip.

A plain read timeout starts anew with every byte, so a server that sends one byte a second
holds a worker for hours. Here every wait, that for the address of the host included, gets only
what is left of one budget.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from .resolving import addresses_of

FAULTS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.TimeoutException, httpx.ReadTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.NetworkError, httpx.ReadError),
    (httpcore.ProtocolError, httpx.RemoteProtocolError),
    (httpcore.ProxyError, httpx.ProxyError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
)
LINE_FAULTS = tuple(theirs for theirs, _ in FAULTS)


class Deadline:
    """A point in time that every wait of one call shares."""

    def __init__(self) -> None:
        self._ends_at = time.monotonic()

    def restart(self, seconds: float) -> None:
        """Give the next call this many seconds."""
        self._ends_at = time.monotonic() + seconds

    def left(self, timeout: float | None) -> float:
        """Return the seconds one wait may take; raise when none are left."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline of the call has passed")
        return left if timeout is None else min(left, timeout)


class _DeadlineStream(httpcore.NetworkStream):
    """A network stream that asks the deadline before it waits."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        inner = self._inner.start_tls(ssl_context, server_hostname, left)
        return _DeadlineStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections within the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        *others, last = addresses_of(host, port, within_s=left)
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connect(address, port, timeout, local_address, socket_options)
        return self._connect(last, port, timeout, local_address, socket_options)

    def _connect(self, address: str, port: int, timeout: float | None, *given: Any) -> Any:
        left = self._deadline.left(timeout)
        stream = self._inner.connect_tcp(address, port, left, *given)
        return _DeadlineStream(stream, self._deadline)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Body(httpx.SyncByteStream):
    """The body of an answer, with the faults of the line translated."""

    def __init__(self, parts: Any) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._parts
        except LINE_FAULTS as fault:
            raise translated(fault) from fault

    def close(self) -> None:
        self._parts.close()


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Return whom to trust; reading the list takes longer than many a call, so it is read once."""
    return httpx.create_ssl_context()


class DeadlineTransport(httpx.BaseTransport):
    """httpx transport over a pool whose sockets obey one deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trusted(),
            max_connections=1,
            network_backend=_DeadlineBackend(deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return its answer with the body still to be read."""
        try:
            answer = self._pool.handle_request(_as_core_request(request))
        except LINE_FAULTS as fault:
            raise translated(fault) from fault
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream))

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def _as_core_request(request: httpx.Request) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        ),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def translated(fault: Exception) -> httpx.TransportError:
    """Return httpx's word for a fault of the line."""
    word = next(ours for theirs, ours in FAULTS if isinstance(fault, theirs))
    return word(str(fault))


def quiet_client(
    base_url: str,
    *,
    deadline: Deadline,
    transport: httpx.BaseTransport | None = None,
    connect_s: float = 5.0,
    read_s: float = 20.0,
) -> httpx.Client:
    """Return an HTTP client that gives nothing away and ends at the deadline."""
    return httpx.Client(
        base_url=base_url.rstrip("/"),
        transport=transport or DeadlineTransport(deadline),
        timeout=httpx.Timeout(read_s, connect=connect_s),
        # Credentials must never follow a redirect to another host.
        follow_redirects=False,
        trust_env=False,
        # No compression: the cap on the size then bounds memory too.
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
    )
