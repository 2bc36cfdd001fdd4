"""Posts of the cloud, checked and kept: once this returns, they are in the database for good."""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Sequence
from enum import Enum
from itertools import compress
from typing import Any, Final, NamedTuple

from django.db import connection as database
from psycopg import Cursor

from config.lib import secrets

# A worker that stands still must not fill the disk; polling closes the gap.
MAX_WAITING: Final = 2_000_000
LOOK_AGAIN_S: Final = 1.0
# Compared with where there is no endpoint, so that a refusal takes as long as another.
NO_PAIR: Final = secrets.digest("")
FIND = """
SELECT e.token, e.pair, e.id, e.connection_id FROM integrations_realtimeendpoint e
  JOIN integrations_connection c ON c.id = e.connection_id AND c.disconnected_at IS NULL
 WHERE e.token = ANY(%s)"""
KEEP = """
INSERT INTO integrations_realtimepost (endpoint_id, connection_id, body)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::bytea[])"""
WAITING = """
SELECT coalesce(max(id) - min(id), 0) FROM integrations_realtimepost WHERE failed_at IS NULL"""


class Arrival(NamedTuple):
    """A post as it came: the last part of its path, its Authorization header, its body."""

    token: str
    authorization: str
    body: bytes


class Verdict(Enum):
    """What became of a post."""

    KEPT = "kept"
    REFUSED = "refused"
    FULL = "full"
    FAILED = "failed"


def pair_digest(user: str, password: str) -> str:
    """Return the digest by which a pair of user and password is known."""
    return secrets.digest(f"{user}:{password}")


def receive(arrivals: Sequence[Arrival]) -> list[Verdict]:
    """Keep the posts whose address and pair are right, in one statement that is committed.

    Outside of a transaction of the caller; then the posts are durable when this returns.
    """
    tokens = [secrets.digest(arrival.token) for arrival in arrivals]
    known = {token: (pair, keys) for token, pair, *keys in _executed(FIND, tokens)}
    found = [known.get(token, (NO_PAIR, None)) for token in tokens]
    allowed = [
        secrets.is_same(_presented(arrival.authorization), pair) and keys is not None
        for arrival, (pair, keys) in zip(arrivals, found, strict=True)
    ]
    if not any(allowed):
        return [Verdict.REFUSED] * len(arrivals)
    kept = Verdict.KEPT if _has_room() else Verdict.FULL
    if kept is Verdict.KEPT:
        keys = [keys for _, keys in compress(found, allowed) if keys is not None]
        bodies = [arrival.body for arrival in compress(arrivals, allowed)]
        endpoints, connections = zip(*keys, strict=True)
        _executed(KEEP, list(endpoints), list(connections), bodies)
    return [kept if is_allowed else Verdict.REFUSED for is_allowed in allowed]


def _executed(statement: str, *values: Sequence[object]) -> list[tuple[Any, ...]]:
    """Run a statement by psycopg's own cursor: bodies go as bytes, not as a text to be parsed."""
    database.ensure_connection()
    with database.wrap_database_errors, Cursor(database.connection) as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def _presented(header: str) -> str:
    """Return the digest of the pair in a Basic header; of nothing that fits, if there is none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return secrets.digest(b64decode(value, validate=True).decode())
    except ValueError:
        return ""


class _Room:
    """Whether the inbox has room, looked at now and then: it is a bound, not a promise."""

    looked_at = 0.0
    is_there = True


def _has_room() -> bool:
    now = time.monotonic()
    if now - _Room.looked_at > LOOK_AGAIN_S:
        ((waiting,),) = _executed(WAITING)
        _Room.looked_at, _Room.is_there = now, waiting < MAX_WAITING
    return _Room.is_there
