"""What the simulated cloud is asked and answers, free of any HTTP server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """One call: the path without /api and in lower case, as the cloud does not mind either."""

    method: str
    segments: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path as it is counted and matched."""
        return "/" + "/".join(self.segments)

    def json(self) -> Any:
        """Return the body as JSON, or None when it is not."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def form(self) -> dict[str, str]:
        """Return the body as form fields."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace")))


@dataclass(frozen=True)
class Answer:
    """Status and body; a body of None is sent as an empty one."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """Return the bytes to send."""
        if self.content is None:
            return b""
        if isinstance(self.content, bytes):
            return self.content
        return json.dumps(self.content, ensure_ascii=False).encode()


def parse_request(*, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Return the call with path, query names and header names in lower case."""
    parts = urlsplit(target)
    segments = [part.lower() for part in parts.path.split("/") if part]
    if segments[:1] == ["api"]:
        segments = segments[1:]
    return Request(
        method=method,
        segments=tuple(segments),
        query={key.lower(): value for key, value in parse_qsl(parts.query)},
        headers={key.lower(): value for key, value in headers.items()},
        body=body,
    )
