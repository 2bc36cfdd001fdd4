"""The tables of integrations, one module per noun."""

from integrations.models.authorizations import ConnectionAuthorization
from integrations.models.backfills import Backfill
from integrations.models.events import Cursor, Event
from integrations.models.realtime import (
    RealtimeChannel,
    RealtimeEndpoint,
    RealtimeMeter,
    RealtimePost,
)
from integrations.models.smartme import Connection, MeterLink, SyncRun

__all__ = [
    "Backfill",
    "Connection",
    "ConnectionAuthorization",
    "Cursor",
    "Event",
    "MeterLink",
    "RealtimeChannel",
    "RealtimeEndpoint",
    "RealtimeMeter",
    "RealtimePost",
    "SyncRun",
]
