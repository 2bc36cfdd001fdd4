"""The platform's own tables, defined beside the code that uses them."""

from config.lib.idempotency import IdempotentAnswer

__all__ = ["IdempotentAnswer"]
