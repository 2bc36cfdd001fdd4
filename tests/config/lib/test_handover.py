"""Tasks write on behalf of whoever asked for them."""

from typing import Any
from uuid import uuid4

import pytest
from celery import shared_task

from accounts.models import AuditEntry, Organisation
from config.lib.attribution import Attribution, attributed, current
from config.lib.handover import HEADER, send_along

pytestmark = pytest.mark.django_db
WHO = Attribution(user=uuid4(), request="r-7", origin="api")


@shared_task(name="tests.make_organisation")
def make_organisation() -> str:
    """Write something that is audited."""
    return str(Organisation.objects.create(name="By a worker").pk)


def run(headers: dict[str, Any]) -> AuditEntry:
    """Run the task as a worker does that received these headers."""
    key = make_organisation.apply(**headers).get()
    return AuditEntry.objects.get(object_id=key)


def test_message_says_who_asked() -> None:
    headers: dict[str, Any] = {}

    with attributed(WHO):
        send_along(headers=headers)

    assert headers[HEADER] == WHO.as_json()


def test_worker_writes_on_behalf_of_who_asked() -> None:
    entry = run({"headers": {HEADER: WHO.as_json()}})

    assert (entry.user_id, entry.request_id) == (WHO.user, "r-7")
    assert entry.origin == "task tests.make_organisation"
    assert current() is None


def test_task_that_nobody_asked_for_is_attributed_to_itself() -> None:
    entry = run({})

    assert (entry.user_id, entry.origin) == (None, "task tests.make_organisation")
