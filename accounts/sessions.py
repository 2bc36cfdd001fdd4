"""When somebody logged in to this browser: what an ID token tells, and a client may ask about."""

import time
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

LOGGED_IN_AT = "logged_in_at"


@receiver(user_logged_in, dispatch_uid="accounts.note_login")
def note_login(sender: Any, *, request: HttpRequest | None, **kwargs: Any) -> None:
    """Remember the moment in the session; the account knows the last login of any browser only."""
    if request is not None:
        request.session[LOGGED_IN_AT] = int(time.time())


def logged_in_at(request: HttpRequest) -> datetime | None:
    """Return when the person logged in to this session, None if that is not known."""
    moment = request.session.get(LOGGED_IN_AT)
    return datetime.fromtimestamp(moment, UTC) if moment is not None else None
