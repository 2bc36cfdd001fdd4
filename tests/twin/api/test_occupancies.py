"""Moving in and out: ``spaces/{id}/occupancies/``, ``occupancies/{id}/end/``."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.utils import timezone

from accounts.models import AccessToken, Consent, Organisation, User
from config.lib.times import format_time
from tests.conftest import Client
from tests.factories import make_access_token, make_application, make_consent, make_organisation
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import ConsentNode, Grant, Occupancy, SiteMember, Space
from twin.services.consents import limit_consent
from twin.tasks import seal_occupancies

pytestmark = pytest.mark.django_db
FROM, UNTIL = "2025-01-01T00:00:00Z", "2025-09-01T00:00:00Z"


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    site = factories.make_site(organisation)
    return factories.make_space(site, factories.make_space(site), name="Flat 1")


def url(space: Space) -> str:
    return f"/api/v1/spaces/{space.pk}/occupancies/"


def end(occupancy: Occupancy) -> str:
    return f"/api/v1/occupancies/{occupancy.pk}/end/"


def test_admin_moves_somebody_in_and_they_see_their_flat(
    as_: Client, alice: User, dora: User, flat: Space
) -> None:
    response = as_(alice).post(url(flat), {"email": dora.email, "from": FROM})

    assert response.status_code == HTTPStatus.CREATED, response.json()
    assert (response.json()["from"], response.json()["until"]) == (FROM, None)
    assert as_(dora).get(f"/api/v1/spaces/{flat.pk}/").status_code == HTTPStatus.OK
    tree = as_(dora).get(f"/api/v1/sites/{flat.site_id}/tree/").json()
    assert [space["name"] for space in tree["spaces"]] == ["Flat 1"]


def test_several_people_live_in_a_flat_each_once(
    as_: Client, alice: User, dora: User, charlie: User, flat: Space
) -> None:
    client = as_(alice)
    for user in (dora, charlie):
        assert client.post(url(flat), {"user": str(user.pk)}).status_code == HTTPStatus.CREATED

    response = client.post(url(flat), {"user": str(dora.pk)})

    assert_problem(response, HTTPStatus.CONFLICT, "there-already")


def test_move_out_ends_the_right_and_seals_the_period(
    as_: Client, alice: User, dora: User, flat: Space
) -> None:
    occupancy = factories.make_occupancy(flat, dora)

    response = as_(alice).post(end(occupancy), {"at": UNTIL})

    assert response.json()["until"] == UNTIL
    assert response.json()["sealed_at"]
    assert_problem(as_(dora).get(f"/api/v1/spaces/{flat.pk}/"), HTTPStatus.NOT_FOUND)
    assert_problem(as_(dora).get(f"/api/v1/sites/{flat.site_id}/"), HTTPStatus.NOT_FOUND)
    assert_problem(as_(alice).post(end(occupancy)), HTTPStatus.CONFLICT, "occupancy-over")


def test_move_out_ends_grants_and_membership_of_that_person(
    as_: Client, alice: User, dora: User, charlie: User, flat: Space
) -> None:
    occupancy = factories.make_occupancy(flat, dora)
    factories.make_grant(flat, dora)
    factories.make_site_member(flat.site, dora)
    others = factories.make_grant(flat, charlie)

    as_(alice).post(end(occupancy))

    assert list(Grant.objects.all()) == [others]
    assert not SiteMember.objects.exists()


def test_move_out_ends_what_applications_saw_of_the_flat(
    as_: Client, alice: User, dora: User, flat: Space
) -> None:
    occupancy = factories.make_occupancy(flat, dora)
    room = factories.make_space(flat.site, flat)
    home = factories.make_home(dora)
    only, both = (make_consent(dora, make_application(make_organisation())) for _ in range(2))
    limit_consent(consent=only, nodes=[room.pk])
    limit_consent(consent=both, nodes=[flat.pk, home.pk])
    make_access_token(only.application, consent=only)

    as_(alice).post(end(occupancy))

    assert Consent.objects.get(pk=only.pk).revoked_at
    assert not AccessToken.objects.filter(consent=only).exists()
    assert not Consent.objects.get(pk=both.pk).revoked_at
    assert ConsentNode.objects.get().node_id == home.pk


def test_move_out_to_come_takes_effect_at_its_time(
    as_: Client, alice: User, dora: User, flat: Space
) -> None:
    occupancy = factories.make_occupancy(flat, dora)
    factories.make_grant(flat, dora)
    tomorrow = timezone.now() + timedelta(days=1)

    response = as_(alice).post(end(occupancy), {"at": format_time(tomorrow)})

    assert response.json()["sealed_at"] is None
    assert Grant.objects.exists()
    assert as_(dora).get(f"/api/v1/spaces/{flat.pk}/").status_code == HTTPStatus.OK


def test_task_seals_what_is_over(dora: User, flat: Space) -> None:
    past = timezone.now() - timedelta(seconds=1)
    over = factories.make_occupancy(flat, dora, until=past, sealed_at=None)
    factories.make_grant(flat, dora)

    seal_occupancies()
    seal_occupancies()

    over.refresh_from_db()
    assert over.sealed_at
    assert not Grant.objects.exists()


def test_tenants_see_their_own_occupancy_alone(
    as_: Client, dora: User, charlie: User, flat: Space
) -> None:
    mine = factories.make_occupancy(flat, dora)
    factories.make_occupancy(flat, charlie)

    for address in (url(flat), "/api/v1/occupancies/"):
        results = as_(dora).get(address).json()["results"]
        assert [one["id"] for one in results] == [str(mine.pk)]


def test_only_admins_move_people(as_: Client, bob: User, dora: User, flat: Space) -> None:
    occupancy = factories.make_occupancy(flat, dora)

    for user in (bob, dora):
        response = as_(user).post(url(flat), {"email": "a@example.org"})
        assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing", role="admin")
        response = as_(user).post(end(occupancy))
        assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing", role="admin")


def test_strangers_find_nothing(as_: Client, charlie: User, dora: User, flat: Space) -> None:
    occupancy = factories.make_occupancy(flat, dora)

    for response in (
        as_(charlie).get(url(flat)),
        as_(charlie).post(url(flat), {}),
        as_(charlie).post(end(occupancy), {}),
    ):
        assert_problem(response, HTTPStatus.NOT_FOUND)


def test_moving_out_before_moving_in_is_refused(
    as_: Client, alice: User, dora: User, flat: Space
) -> None:
    occupancy = factories.make_occupancy(flat, dora)

    response = as_(alice).post(end(occupancy), {"at": "2019-01-01T00:00:00Z"})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/at")


def test_nobody_is_let_into_a_sealed_period(
    as_: Client, alice: User, dora: User, flat: Space
) -> None:
    client, room = as_(alice), factories.make_space(flat.site, flat)
    client.post(url(flat), {"email": dora.email, "from": FROM, "until": UNTIL})

    for space in (flat, Space.objects.get(children=flat), room):
        response = client.post(url(space), {"email": alice.email, "from": FROM})
        assert_problem(response, HTTPStatus.CONFLICT, "period-sealed", until=UNTIL)
    response = client.post(url(flat), {"email": alice.email, "from": UNTIL})
    assert response.status_code == HTTPStatus.CREATED
