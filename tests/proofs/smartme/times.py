"""Time that runs faster: for the simulated cloud, the processes of the platform and its database.

Waits, leases and intervals are then what they are in production, and an hour is over in minutes.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from integrations.smartme.simulator.clock import SimulatedClock

# What the platform asks the database for its time by, found ahead of PostgreSQL's own.
SCHEMA = """
CREATE SCHEMA IF NOT EXISTS fast;
ALTER DATABASE {name} SET search_path = public, fast, pg_catalog;
CREATE OR REPLACE FUNCTION fast.told(timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT to_timestamp({told}) + ($1 - to_timestamp({real})) * {speed} $$;
CREATE OR REPLACE FUNCTION fast.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT fast.told(pg_catalog.statement_timestamp()) $$;
CREATE OR REPLACE FUNCTION fast.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT fast.told(pg_catalog.now()) $$;
"""
# Defaults were bound to PostgreSQL's own when the tables were made.
DEFAULTS = """
SELECT format('ALTER TABLE %s ALTER %I SET DEFAULT fast.statement_timestamp()', d.adrelid::regclass,
              a.attname)
  FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
 WHERE pg_get_expr(d.adbin, d.adrelid) LIKE '%%statement_timestamp()'
   AND d.adrelid::regclass::text LIKE 'integrations_%%'"""


@dataclass(frozen=True)
class Pin:
    """Where fast time stood at a moment of real time, and how fast it runs."""

    told: float
    real: float
    speed: float

    @classmethod
    def of(cls, clock: SimulatedClock) -> "Pin":
        """Return where the cloud's clock stands now."""
        return cls(clock.now(), time.time(), clock.speed)

    def now(self) -> datetime:
        """Return the fast time."""
        told = self.told + (time.time() - self.real) * self.speed
        return datetime.fromtimestamp(told, UTC)

    def rule_process(self) -> None:
        """Make this process tell the fast time."""
        timezone.now = self.now

    def rule_database(self, look: Any, *, name: str) -> None:
        """Make the database tell the fast time to all who connect from now on."""
        look.execute(SCHEMA.format(name=name, told=self.told, real=self.real, speed=self.speed))
        for (statement,) in look.execute(DEFAULTS).fetchall():
            look.execute(statement)
