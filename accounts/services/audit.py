"""Entries that no trigger can write: what was read, and deeds without a row of their own."""

from typing import Any

from django.utils import timezone

from accounts.choices import AuditAction
from accounts.models import AuditEntry
from config.lib.attribution import Attribution, current
from config.lib.ids import id_at


def record(*, action: AuditAction, object_type: str, object_id: str = "", **about: Any) -> None:
    """Write an entry on behalf of whoever acts now.

    ``about`` gives ``organisation_id``, ``site_id``, ``subject_id``, ``before`` and ``after``.
    """
    actor = current() or Attribution()
    moment = timezone.now()
    AuditEntry.objects.create(
        id=id_at(moment),
        time=moment,
        action=action,
        object_type=object_type,
        object_id=object_id[:64],
        user_id=actor.user,
        application_id=actor.application,
        request_id=actor.request,
        origin=actor.origin,
        **about,
    )
