"""News of integrations, sent in the transaction of the change."""

from django.dispatch import Signal

connection_sync_requested = Signal()  # claimed (claims.Claimed): run this sync after commit
connection_degraded = Signal()  # connections
connection_recovered = Signal()  # connections
connection_realtime_changed = Signal()  # connection: what it listens to is to be settled
