"""What plans may do and show by the rights of who applies them: people, consents, deletions."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone

from accounts.choices import Resolution
from accounts.models import Consent, Organisation, User
from accounts.services.consents import narrow_consent
from tests import factories
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin.factories import make_grant, make_occupancy
from tests.twin.planning.buildings import make_park, named, plan
from twin.choices import GrantRole
from twin.models import ConsentNode, Occupancy, Plan, Site, Space
from twin.services.applying import apply_plan
from twin.services.undoing import undo_plan

pytestmark = pytest.mark.django_db
FEWER = {"parameters": {"decks": 1}}
RELOCATE = {"garage/deck-2": "garage/deck-1/bay-1"}


@pytest.fixture
def park(organisation: Organisation) -> Site:
    return make_park(organisation)


@pytest.fixture
def fitter(park: Site) -> User:
    """Somebody from outside who may change the whole building."""
    user = factories.make_b2c_user()
    make_grant(park, user, role=GrantRole.OPERATOR)
    return user


def fewer(park: Site, **wish: Any) -> Plan:
    return plan(park, "car-park@1", **FEWER, **wish)


def deed(made: Plan, what: str) -> str:
    return f"/api/v1/plans/{made.pk}/{what}/"


def test_grant_lets_nobody_remove_spaces_by_a_plan(park: Site, fitter: User, as_: Client) -> None:
    made = fewer(park)

    refused = as_(fitter).post(deed(made, "apply"))

    assert_problem(refused, HTTPStatus.FORBIDDEN, "role-missing", role="operator")
    assert Space.objects.filter(site=park, name="Deck 2").exists()


def test_grant_lets_somebody_add_by_a_plan_and_not_take_away_by_undoing(
    park: Site, fitter: User, as_: Client
) -> None:
    made = plan(park)
    client = as_(fitter)

    assert client.post(deed(made, "apply")).status_code == HTTPStatus.OK
    refused = client.post(deed(made, "undo"))

    assert_problem(refused, HTTPStatus.FORBIDDEN, "role-missing", role="operator")
    assert Space.objects.filter(site=park, name="Bay 1.04").exists()


def test_grant_on_a_part_opens_no_plan(park: Site, as_: Client) -> None:
    user = factories.make_b2c_user()
    make_grant(named(park, "Deck 1"), user, role=GrantRole.OPERATOR)
    made, client = plan(park), as_(user)

    refused = client.post(f"/api/v1/sites/{park.pk}/plans/", {})
    assert_problem(refused, HTTPStatus.FORBIDDEN, "role-missing")
    for answer in (client.get(f"/api/v1/plans/{made.pk}/"), client.post(deed(made, "apply"))):
        assert_problem(answer, HTTPStatus.NOT_FOUND)


def test_only_admins_move_people_by_a_plan(park: Site, alice: User, bob: User, as_: Client) -> None:
    make_occupancy(named(park, "Bay 2.01"), tenant := factories.make_b2c_user())
    made = fewer(park, relocate=RELOCATE)

    refused = as_(bob).post(deed(made, "apply"))
    unscoped = as_(alice, "sites:write").post(deed(made, "apply"))
    applied = as_(alice).post(deed(made, "apply"))
    back = as_(bob).post(deed(made, "undo"))

    assert_problem(refused, HTTPStatus.FORBIDDEN, "role-missing", role="admin")
    assert_problem(unscoped, HTTPStatus.FORBIDDEN, "scope-missing", scope="members:write")
    assert applied.status_code == HTTPStatus.OK
    assert_problem(back, HTTPStatus.FORBIDDEN, "role-missing", role="admin")
    assert tenant.occupancies.get().space == named(park, "Bay 1.01")


def test_who_moved_out_meanwhile_does_not_come_back(park: Site) -> None:
    bay, tenant = named(park, "Bay 2.01"), factories.make_b2c_user()
    make_occupancy(bay, tenant)
    made = apply_plan(fewer(park, relocate=RELOCATE))
    stay = tenant.occupancies.get()
    Occupancy.objects.filter(pk=stay.pk).update(sealed_at=stay.created_at)

    undo_plan(made)

    assert not tenant.occupancies.filter(space=bay, sealed_at=None).exists()


def test_plan_tells_how_many_have_access_to_keepers_alone(
    park: Site, fitter: User, bob: User, as_: Client
) -> None:
    bay = named(park, "Bay 2.01")
    make_occupancy(bay, factories.make_b2c_user())
    make_grant(bay, factories.make_b2c_user())
    made = fewer(park)

    def taken(user: User) -> Any:
        (change,) = as_(user).get(f"/api/v1/plans/{made.pk}/").json()["changes"]
        assert "holds people." in change["reason"]
        return change["takes_with"]

    assert taken(bob) == {"occupants": 1, "grants": 1}
    assert taken(fitter) == {}


def chosen(park: Site) -> tuple[Consent, Space]:
    """Return the consent of a tenant to a bay that plans remove, and to one that stays."""
    bay, user = named(park, "Bay 2.01"), factories.make_b2c_user()
    application = factories.make_application(factories.make_organisation())
    consent = factories.make_consent(user, application, is_limited=True)
    for space in (bay, named(park, "Bay 1.01")):
        ConsentNode.objects.create(consent=consent, node_id=space.pk)
    return consent, bay


def test_plans_do_not_tell_of_consents(park: Site) -> None:
    chosen(park)

    made = fewer(park)

    assert "consents" not in str(made.changes)


@pytest.mark.parametrize("narrows", [False, True])
def test_undoing_widens_no_consent_that_was_narrowed_since(park: Site, narrows: bool) -> None:
    consent, bay = chosen(park)
    make_occupancy(bay, consent.user, until=bay.created_at)
    made = apply_plan(fewer(park))
    if narrows:
        principal = factories.make_principal(user=consent.user)
        narrow_consent(consent=consent, principal=principal, resolution=Resolution.DAY)

    undo_plan(made)

    assert ConsentNode.objects.filter(consent=consent, node=bay.pk).exists() is not narrows


def test_consent_opens_no_plan_and_no_entry_of_before(park: Site, alice: User, as_: Client) -> None:
    made, client = plan(park), as_(alice)
    addresses = (f"/api/v1/plans/{made.pk}/", "/api/v1/audit/?limit=1")

    def found() -> list[bool]:
        plans, entries = (client.get(address) for address in addresses)
        return [plans.status_code == HTTPStatus.OK, bool(entries.json()["results"])]

    assert found() == [True, True]
    Consent.objects.filter(user=alice).update(history_from=timezone.now() + timedelta(hours=1))
    assert found() == [False, False]
