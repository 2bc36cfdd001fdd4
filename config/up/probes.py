"""Readiness of a server, asked the way its clients ask."""

import asyncio
from urllib.parse import urlsplit

from config.up.plan import Check

PATIENCE_S = 5.0


async def exchange(port: int, request: bytes, *, host: str = "127.0.0.1") -> bytes:
    """Send bytes to a server and return what it answers until it closes.

    Raises: OSError, if there is no answer in time.
    """
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(request)
            return await reader.read()
        finally:
            writer.close()


def http_ok(url: str) -> Check:
    """Be ready when a GET of the URL is answered with 200."""
    parts = urlsplit(url)
    port = parts.port or 80
    request = (
        f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
    )

    async def check() -> str | None:
        try:
            answer = await exchange(port, request.encode(), host=parts.hostname or "127.0.0.1")
        except OSError as error:
            return f"{url}: {error or 'no answer'}"
        head, _, body = answer.partition(b"\r\n\r\n")
        status = head.partition(b"\r\n")[0].decode(errors="replace")
        if status.split()[1:2] == ["200"]:
            return None
        return f"{url} answers {status}: {body[:400].decode(errors='replace')}"

    return check


def valkey_pong(port: int, password: str) -> Check:
    """Be ready when the Valkey of this password answers a ping."""

    async def check() -> str | None:
        try:
            answer = await exchange(port, f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode())
        except OSError as error:
            return str(error) or "no answer"
        return None if b"+PONG" in answer else answer[:100].decode(errors="replace")

    return check
