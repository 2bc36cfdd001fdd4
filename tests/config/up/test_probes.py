"""Asking a server whether it is ready, and free ports."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from config.up import ports
from config.up.plan import Check
from config.up.probes import http_ok, valkey_pong


def ask(check: Check) -> str | None:
    async def run() -> str | None:
        return await check()

    return asyncio.run(run())


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """Serve one client on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                client.recv(4096)
                client.sendall(answer)

        thread = Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n{}", None),
        (b"HTTP/1.1 503 Busy\r\n\r\n{}", "answers HTTP/1.1 503 Busy: {}"),
        (b"", "answers : "),
    ],
)
def test_http_is_ready_at_200_alone(answer: bytes, missing: str | None) -> None:
    with answering(answer) as port:
        said = ask(http_ok(f"http://127.0.0.1:{port}/readyz"))

    assert said == (missing and f"http://127.0.0.1:{port}/readyz {missing}")


def test_port_where_nobody_listens_is_not_ready() -> None:
    port = ports.free()

    assert "Connect" in str(ask(http_ok(f"http://127.0.0.1:{port}/")))


def test_valkey_of_another_password_is_not_ours() -> None:
    with answering(b"-WRONGPASS invalid\r\n-NOAUTH\r\n+OK\r\n") as port:
        assert "WRONGPASS" in str(ask(valkey_pong(port, "secret")))


def test_valkey_that_answers_the_ping_is_ready() -> None:
    with answering(b"+OK\r\n+PONG\r\n+OK\r\n") as port:
        assert ask(valkey_pong(port, "secret")) is None


def test_preferred_port_is_taken_when_it_is_free() -> None:
    port = ports.free()

    assert ports.pick(port) == port


def test_taken_port_is_replaced() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]

        assert ports.pick(taken) not in (taken, 0)
