"""``me/``: who asks, and what this token may do."""

from http import HTTPStatus

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Application, Consent, Organisation, User
from tests.conftest import Client
from tests.problems import assert_problem

URL = "/api/v1/me/"


def test_member_sees_themself_their_roles_and_their_consent(
    bob: User, organisation: Organisation, as_: Client
) -> None:
    body = as_(bob, "profile").get(URL).json()

    assert body["user"]["email"] == "bob@example.org"
    assert body["b2c_user"] is None
    (role,) = body["b2b_users"]
    assert (role["organisation"]["id"], role["role"]) == (str(organisation.pk), "operator")
    assert body["consent"]["id"] == str(Consent.objects.get().pk)
    assert body["organisation"] is None
    assert body["scopes"] == ["profile"]
    assert body["environment"] == "dev"


def test_end_user_sees_that_they_are_one(dora: User, as_: Client) -> None:
    body = as_(dora).get(URL).json()

    assert body["b2c_user"] == str(dora.b2c.pk)
    assert body["b2b_users"] == []


def test_application_sees_its_organisation_and_no_user(
    meter_app: Application, organisation: Organisation, as_: Client
) -> None:
    body = as_(meter_app).get(URL).json()

    assert body["user"] is None
    assert body["consent"] is None
    assert body["organisation"]["id"] == str(organisation.pk)
    assert body["application"]["client_id"] == "meter-app"
    assert body["role"] == "admin"


def test_token_without_the_profile_is_refused(bob: User, as_: Client) -> None:
    assert_problem(
        as_(bob, "sites:read").get(URL), HTTPStatus.FORBIDDEN, "scope-missing", scope="profile"
    )


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_token_of_a_deactivated_user_dies_at_once(bob: User, as_: Client, field: str) -> None:
    client = as_(bob)
    User.objects.update(**{field: False})

    status = HTTPStatus.UNAUTHORIZED if field == "is_active" else HTTPStatus.OK
    assert client.get(URL).status_code == status


def test_answer_costs_a_constant_number_of_queries(
    bob: User, as_: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_(bob)

    with django_assert_max_num_queries(6):
        client.get(URL)
