"""Members of an organisation over REST."""

from http import HTTPStatus

import pytest

from accounts.models import Application, B2BUser, Organisation, User
from tests import factories
from tests.conftest import Client
from tests.problems import assert_problem


@pytest.fixture
def url(organisation: Organisation) -> str:
    return f"/api/v1/organisations/{organisation.pk}/members/"


def of(user: User) -> B2BUser:
    return B2BUser.objects.get(user=user)


def test_viewer_sees_all_members(alice: User, vera: User, url: str, as_: Client) -> None:
    body = as_(vera, "members:read").get(url).json()

    assert [(row["email"], row["role"]) for row in body["results"]] == [
        ("alice@example.org", "owner"),
        ("vera@example.org", "viewer"),
    ]


def test_list_filters_by_role(alice: User, vera: User, url: str, as_: Client) -> None:
    (row,) = as_(vera).get(f"{url}?role=owner").json()["results"]

    assert row["user"] == str(alice.pk)


def test_stranger_finds_no_members(alice: User, charlie: User, url: str, as_: Client) -> None:
    client = as_(charlie)

    assert_problem(client.get(url), HTTPStatus.NOT_FOUND)
    assert_problem(client.get(f"{url}{of(alice).pk}/"), HTTPStatus.NOT_FOUND)
    assert_problem(client.post(url, {}), HTTPStatus.NOT_FOUND)


def test_member_is_not_found_under_another_organisation(
    alice: User, charlie: User, url: str, as_: Client
) -> None:
    elsewhere = of(charlie).organisation_id
    B2BUser.objects.create(user=alice, organisation_id=elsewhere, role="viewer")

    answer = as_(alice).get(f"{url}{of(charlie).pk}/")

    assert_problem(answer, HTTPStatus.NOT_FOUND)


def test_owner_adds_somebody_by_address(alice: User, url: str, as_: Client) -> None:
    answer = as_(alice).post(url, {"email": "Eve@Example.org", "role": "operator"})

    eve = User.objects.get(email="eve@example.org")
    assert answer.status_code == HTTPStatus.CREATED
    assert answer.json()["user"] == str(eve.pk)
    assert not eve.has_usable_password()


def test_somebody_is_added_once(alice: User, bob: User, url: str, as_: Client) -> None:
    answer = as_(alice).post(url, {"email": bob.email, "role": "viewer"})

    assert_problem(answer, HTTPStatus.CONFLICT, "already-member", email="bob@example.org")


def test_operator_may_not_add_anybody(bob: User, url: str, as_: Client) -> None:
    answer = as_(bob).post(url, {"email": "eve@example.org", "role": "viewer"})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "role-missing", role="admin")
    assert not User.objects.filter(email="eve@example.org").exists()


def test_application_may_not_make_an_owner(meter_app: Application, url: str, as_: Client) -> None:
    answer = as_(meter_app).post(url, {"email": "eve@example.org", "role": "owner"})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "role-missing", role="owner")
    assert not User.objects.filter(email="eve@example.org").exists()


def test_token_without_the_scope_may_not_add(alice: User, url: str, as_: Client) -> None:
    answer = as_(alice, "members:read").post(url, {"email": "eve@example.org", "role": "viewer"})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "scope-missing", scope="members:write")


def test_owner_changes_a_role(alice: User, bob: User, url: str, as_: Client) -> None:
    answer = as_(alice).patch(f"{url}{of(bob).pk}/", {"role": "admin"})

    assert answer.json()["role"] == "admin"
    assert of(bob).role == "admin"


def test_admin_may_not_demote_the_owner(
    alice: User, organisation: Organisation, url: str, as_: Client
) -> None:
    admin = factories.make_member(organisation, role="admin")

    answer = as_(admin).patch(f"{url}{of(alice).pk}/", {"role": "viewer"})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "role-missing", role="owner")


@pytest.mark.parametrize("body", [{"role": "admin"}, {"ends_at": "2030-01-01T00:00:00Z"}])
def test_last_owner_may_not_step_down(
    alice: User, url: str, as_: Client, body: dict[str, str]
) -> None:
    answer = as_(alice).patch(f"{url}{of(alice).pk}/", body)

    assert_problem(answer, HTTPStatus.CONFLICT, "last-owner")
    assert of(alice).role == "owner"


def test_last_owner_may_not_leave(alice: User, url: str, as_: Client) -> None:
    assert_problem(as_(alice).delete(f"{url}{of(alice).pk}/"), HTTPStatus.CONFLICT, "last-owner")


def test_one_of_two_owners_may_leave(
    alice: User, organisation: Organisation, url: str, as_: Client
) -> None:
    factories.make_member(organisation, role="owner")

    assert as_(alice).delete(f"{url}{of(alice).pk}/").status_code == HTTPStatus.NO_CONTENT
    assert not alice.b2b_users.exists()


def test_viewer_may_leave_but_remove_nobody(bob: User, vera: User, url: str, as_: Client) -> None:
    client = as_(vera)

    assert_problem(client.delete(f"{url}{of(bob).pk}/"), HTTPStatus.FORBIDDEN, "role-missing")
    assert client.delete(f"{url}{of(vera).pk}/").status_code == HTTPStatus.NO_CONTENT


def test_membership_that_is_over_gives_no_rights(bob: User, url: str, as_: Client) -> None:
    client = as_(bob)
    B2BUser.objects.update(ends_at="2020-01-01T00:00:00Z")

    assert_problem(client.get(url), HTTPStatus.NOT_FOUND)


def test_membership_that_ends_before_it_starts_is_refused(
    alice: User, bob: User, url: str, as_: Client
) -> None:
    body = {"starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}

    answer = as_(alice).patch(f"{url}{of(bob).pk}/", body)

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer="#/ends_at")
