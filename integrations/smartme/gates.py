"""What stands between Atrium and the calls to an account: pace, waits asked for, a broken line.

Whoever talks to the cloud opens the account here. A sync is the probe of a line that is taken for
broken; everybody else is held back until one went well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import IntEnum
from typing import Final

from django.conf import settings
from django.db.models.functions import Greatest
from django.utils import timezone

from integrations.choices import AuthMethod, ConnectionStatus
from integrations.models import Connection
from integrations.smartme.client import SmartMeClient
from integrations.smartme.connections import credentials_of
from integrations.smartme.credentials import BearerToken, CardToken, Credentials
from integrations.smartme.errors import AccessRefused, CallHeldBack, CloudFault, RequestsLimited
from integrations.smartme.pacing import PACER
from integrations.smartme.tokens import bearer_instead_of

# So many failures in a row, and the line is taken for broken.
OPENS_AFTER: Final = 5
# The wait after a 429 that names none.
UNNAMED_WAIT_S: Final = 30.0


class Purpose(IntEnum):
    """What a call is for; the number of calls it leaves in the bucket for what matters more."""

    SYNC = 0
    COMMAND = 1
    SETTING_UP = 2
    HISTORY = 4


class Circuit:
    """How the line of an account stands."""

    CLOSED: Final = "closed"
    OPEN: Final = "open"
    HALF_OPEN: Final = "half_open"

    @classmethod
    def of(cls, connection: Connection) -> str:
        """Say whether calls pass, none do, or a probe is under way."""
        if connection.failures < OPENS_AFTER or connection.status == ConnectionStatus.PAUSED:
            return cls.CLOSED
        is_probed = connection.claim is not None and connection.next_attempt_at > timezone.now()
        return cls.HALF_OPEN if is_probed else cls.OPEN


class AccountGate:
    """Lets calls to one account pass, or not, and learns from how they ended."""

    def __init__(self, connection: Connection, purpose: Purpose) -> None:
        self._connection = connection
        self._purpose = purpose

    def enter(self) -> None:
        """Let one call pass.

        Raises: CallHeldBack, with the wait.
        """
        connection = self._connection
        if self._purpose != Purpose.SYNC:
            self._obey_holds(connection)
        wait_s = PACER.take(connection.pk, licence=connection.licence, reserve=int(self._purpose))
        if wait_s:
            raise CallHeldBack(
                detail="That would be more calls than its licence allows.", retry_after_s=wait_s
            )

    def _obey_holds(self, connection: Connection) -> None:
        now = timezone.now()
        if connection.hold_until and connection.hold_until > now:
            left_s = (connection.hold_until - now).total_seconds()
            raise CallHeldBack(detail="smart-me asked for a wait.", retry_after_s=left_s)
        if Circuit.of(connection) != Circuit.CLOSED:
            left_s = max((connection.next_attempt_at - now).total_seconds(), 1.0)
            detail = f"The last {connection.failures} calls failed; one is tried at a time."
            raise CallHeldBack(detail=detail, retry_after_s=left_s)

    def leave(self, fault: CloudFault | None, *, need: str) -> None:
        """Learn from how the call ended."""
        if isinstance(fault, RequestsLimited):
            hold(self._connection, fault.retry_after_s or UNNAMED_WAIT_S)
        lacks = dict(self._connection.learned.get("lacks", {}))
        if isinstance(fault, AccessRefused):
            lacks.setdefault(fault.need, timezone.now().isoformat())
        elif fault is None:
            lacks.pop(need, None)
        learn(self._connection, lacks=lacks)


@contextmanager
def open_account(
    connection: Connection, *, purpose: Purpose, total_s: float = 30.0
) -> Iterator[SmartMeClient]:
    """Open the account for calls, with credentials that are good.

    A refused token is renewed and tried once more, a refused card token with its dashes.
    Raises: CloudFault; SecretUnreadable is told as CredentialsRefused.
    """
    gate = AccountGate(connection, purpose)

    def renew(refused: Credentials) -> Credentials | None:
        return _instead_of(connection, refused)

    with SmartMeClient(
        base_url=settings.SMARTME_API_URL,
        credentials=credentials_of(connection),
        total_s=total_s,
        renew=renew,
        gate=gate,
    ) as client:
        yield client


def hold(connection: Connection, wait_s: float) -> None:
    """Make no call to the account for a while, the next sync included."""
    until = timezone.now() + timedelta(seconds=wait_s)
    rows = Connection.objects.filter(pk=connection.pk)
    rows.update(hold_until=until)
    rows.filter(claim=None).update(next_attempt_at=Greatest("next_attempt_at", until))
    connection.hold_until = until


def learn(connection: Connection, **lessons: object) -> None:
    """Keep what a call taught, if it is new."""
    learned = {**connection.learned, **lessons}
    known = {name: value for name, value in learned.items() if value}
    if known != connection.learned:
        Connection.objects.filter(pk=connection.pk).update(learned=known)
        connection.learned = known


def _instead_of(connection: Connection, refused: Credentials) -> Credentials | None:
    if connection.auth_method == AuthMethod.OAUTH and isinstance(refused, BearerToken):
        return bearer_instead_of(connection, refused)
    if isinstance(refused, CardToken):
        other = refused.in_other_spelling()
        if other is not None:
            learn(connection, card_dashes=other.has_dashes)
        return other
    return None
