"""The tables of integrations, one module per noun."""

from integrations.models.events import Cursor, Event

__all__ = ["Cursor", "Event"]
