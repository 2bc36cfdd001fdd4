"""The admin pages of integrations, one module per noun."""

from integrations.admin.connections import ConnectionAdmin
from integrations.admin.events import EventAdmin
from integrations.admin.logs import MeterLinkAdmin, SyncRunAdmin

__all__ = ["ConnectionAdmin", "EventAdmin", "MeterLinkAdmin", "SyncRunAdmin"]
