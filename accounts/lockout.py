"""The lock on the log-in form: for one account at one address, for a while, and on record.

django-axes counts the failures. A stranger locks nobody out but himself, since the lock holds for
the pair of account and address alone; how often one address may try at all is a rate limit.
"""

import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from accounts.choices import AuditAction
from accounts.refusals import too_many_tries
from accounts.services.audit import record
from accounts.services.users import find_user
from config.lib.addresses import address_of
from config.lib.secrets import digest


def username_of(request: HttpRequest, credentials: dict[str, str] | None = None) -> str:
    """Return the account that is tried, as it is counted: by its address in lower case."""
    given = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(given).strip().lower()[:254]


def _key(username: str, address: str) -> str:
    return f"locked-until:{digest(f'{username} {address}')}"


def note(*, username: str, address: str) -> None:
    """Remember until when the lock holds and record it; the same lock is recorded once.

    It is recorded for addresses without an account as well, so that both take the same time.
    """
    lasts = int(settings.AXES_COOLOFF_TIME.total_seconds())
    if not cache.add(_key(username, address), time.time() + lasts, timeout=lasts):
        return
    user = find_user(email=username)
    record(
        action=AuditAction.LOCKED_OUT,
        object_type="login",
        object_id=str(user.pk) if user else "",
        subject_id=user.pk if user else None,
        after={"address": address, "seconds": lasts},
    )


def refusal(
    request: HttpRequest, response: HttpResponse, credentials: dict[str, str] | None = None
) -> HttpResponse:
    """Return the page that says when to try again; the same for accounts that do not exist."""
    until = cache.get(_key(username_of(request, credentials), address_of(request)))
    wait_s = until - time.time() if until else settings.AXES_COOLOFF_TIME.total_seconds()
    return too_many_tries(request, wait_s=max(1, int(wait_s)))
