"""Whose turn it is: organisations one after the other, and little for accounts that fail."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organisation
from devices.models import Fleet
from integrations.models import Connection
from integrations.smartme.claims import claim_due, claim_now
from tests.devices.factories import make_fleet
from tests.factories import make_organisation
from tests.integrations.smartme.factories import make_connection

pytestmark = pytest.mark.django_db


def make_due(fleet: Fleet, count: int, **fields: Any) -> list[Connection]:
    """Make connections that have been due for a while, longer than any made later."""
    made = [make_connection(fleet, name=f"{n}") for n in range(count)]
    due = timezone.now() - timedelta(minutes=5)
    rows = Connection.objects.filter(pk__in=[one.pk for one in made])
    rows.update(claim=None, next_attempt_at=due, **fields)
    return made


def claimed() -> set[Any]:
    return {one.connection_id for one in claim_due()}


def test_small_organisation_does_not_wait_behind_a_large_one(
    organisation: Organisation, settings: Any
) -> None:
    settings.SMARTME_SLOTS = 4
    make_due(make_fleet(organisation), 8)
    small = make_due(make_fleet(make_organisation(name="Small")), 1)
    Connection.objects.filter(pk=small[0].pk).update(next_attempt_at=timezone.now())

    found = claimed()

    assert len(found) == 4
    assert small[0].pk in found


def test_no_more_is_claimed_than_there_are_slots(organisation: Organisation, settings: Any) -> None:
    settings.SMARTME_SLOTS = 3
    make_due(make_fleet(organisation), 5)

    assert (len(claimed()), len(claimed())) == (3, 0)


def test_accounts_that_failed_get_a_share_of_the_slots(
    organisation: Organisation, settings: Any
) -> None:
    settings.SMARTME_SLOTS = 6
    fleet = make_fleet(organisation)
    failing = {one.pk for one in make_due(fleet, 6, failures=1, status="degraded")}
    well = {one.pk for one in make_due(fleet, 3)}

    found = claimed()

    assert len(found & failing) == 2
    assert well <= found


def test_sync_asked_for_while_all_slots_are_taken_has_its_turn(
    organisation: Organisation, settings: Any
) -> None:
    settings.SMARTME_SLOTS = 1
    first, second = make_due(make_fleet(organisation), 2)
    assert claim_now(first.pk) is not None

    assert claim_now(second.pk) is None

    second.refresh_from_db()
    assert second.next_attempt_at <= timezone.now()
    Connection.objects.filter(pk=first.pk).update(
        claim=None, next_attempt_at=timezone.now() + timedelta(hours=1)
    )
    assert claimed() == {second.pk}
