"""``grants/``: given, listed, taken away."""

from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.factories import make_member, make_organisation
from tests.problems import assert_problem
from tests.twin import factories
from twin.choices import NodeKind
from twin.models import Space

pytestmark = pytest.mark.django_db
URL = "/api/v1/grants/"


@pytest.fixture
def stairs(organisation: Organisation) -> Space:
    site = factories.make_site(organisation)
    stairs = factories.make_space(site, name="Staircase B")
    factories.make_space(site, stairs, name="Flat 7")
    factories.make_space(site, name="Staircase A")
    return stairs


def body(stairs: Space, **party: Any) -> dict[str, Any]:
    return {"node": str(stairs.pk), "role": "viewer", **party}


def names(client: Any) -> set[str]:
    return {one["name"] for one in client.get("/api/v1/spaces/").json()["results"]}


def test_installer_sees_the_staircase_until_it_is_taken_away(
    as_: Client, alice: User, dora: User, stairs: Space
) -> None:
    client = as_(dora)

    given = as_(alice).post(URL, body(stairs, email=dora.email))

    assert given.status_code == HTTPStatus.CREATED, given.json()
    assert names(client) == {"Staircase B", "Flat 7"}
    taken = as_(alice).delete(f"{URL}{given.json()['id']}/")
    assert taken.status_code == HTTPStatus.NO_CONTENT
    assert names(client) == set()


def test_organisation_can_be_the_party(as_: Client, alice: User, stairs: Space) -> None:
    installers = make_organisation()
    fitter = make_member(installers, role="operator")

    response = as_(alice).post(URL, body(stairs, organisation=str(installers.pk)))

    assert response.json()["organisation"] == str(installers.pk)
    assert names(as_(fitter)) == {"Staircase B", "Flat 7"}


@pytest.mark.parametrize("party", [{}, {"email": "a@example.org", "organisation": "own"}])
def test_grant_has_one_party(
    as_: Client, alice: User, organisation: Organisation, stairs: Space, party: dict[str, str]
) -> None:
    if "organisation" in party:
        party = {**party, "organisation": str(organisation.pk)}

    response = as_(alice).post(URL, body(stairs, **party))

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")


def test_grant_on_a_view_is_refused(as_: Client, alice: User, stairs: Space) -> None:
    view = factories.make_view(stairs.site)

    response = as_(alice).post(URL, {**body(stairs, email="a@b.org"), "node": str(view.pk)})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/node")


def test_node_of_another_tenant_does_not_exist(as_: Client, charlie: User, stairs: Space) -> None:
    response = as_(charlie).post(URL, body(stairs, email="a@example.org"))

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/node")


def test_operator_and_party_give_nothing_on(
    as_: Client, bob: User, dora: User, stairs: Space
) -> None:
    factories.make_grant(stairs, dora, role="operator")

    for user in (bob, dora):
        response = as_(user).post(URL, body(stairs, email="a@example.org"))
        assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing", role="admin")


def test_party_gives_up_its_own_and_no_other(
    as_: Client, dora: User, charlie: User, bob: User, stairs: Space
) -> None:
    mine, other = factories.make_grant(stairs, dora), factories.make_grant(stairs, charlie)

    assert_problem(as_(dora).delete(f"{URL}{other.pk}/"), HTTPStatus.NOT_FOUND)
    assert_problem(as_(bob).delete(f"{URL}{other.pk}/"), HTTPStatus.FORBIDDEN, "role-missing")
    assert as_(dora).delete(f"{URL}{mine.pk}/").status_code == HTTPStatus.NO_CONTENT


def test_list_is_filtered_by_node(as_: Client, alice: User, dora: User, stairs: Space) -> None:
    device = factories.make_node(stairs.site, NodeKind.DEVICE)
    on_device = factories.make_grant(device, dora)
    factories.make_grant(stairs, dora)

    results = as_(alice).get(f"{URL}?node={device.pk}").json()["results"]

    assert [one["id"] for one in results] == [str(on_device.pk)]


def test_writing_takes_its_scope(as_: Client, alice: User, stairs: Space) -> None:
    response = as_(alice, "members:read").post(URL, body(stairs))

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing", scope="members:write")
