"""The admin pages of integrations, one module per noun."""

from integrations.admin.connections import ConnectionAdmin
from integrations.admin.events import EventAdmin
from integrations.admin.logs import BackfillAdmin, MeterLinkAdmin, SyncRunAdmin

__all__ = ["BackfillAdmin", "ConnectionAdmin", "EventAdmin", "MeterLinkAdmin", "SyncRunAdmin"]
