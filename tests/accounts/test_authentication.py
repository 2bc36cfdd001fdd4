"""From token to principal: one query, and what ends a token ends it for the next request."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIRequestFactory

from accounts.authentication import BearerAuthentication, InvalidToken
from accounts.choices import OrganisationRole
from accounts.models import AccessToken, Application, B2BUser, Consent, Organisation, User
from tests import factories

PAST = timezone.now() - timedelta(seconds=1)
FUTURE = timezone.now() + timedelta(days=1)


def authenticate(token: str) -> Any:
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {token}")
    return BearerAuthentication().authenticate(request)


def test_token_of_a_user_costs_one_query(
    bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = factories.make_token_for(bob)

    with django_assert_num_queries(1):
        _, principal = authenticate(token)

    assert principal.user_id == bob.pk


def test_token_of_an_application_costs_one_query(
    meter_app: Application, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = factories.make_token_for(meter_app)

    with django_assert_num_queries(1):
        user, _ = authenticate(token)

    assert user.is_authenticated
    assert user.pk is None


@pytest.mark.parametrize(
    "end",
    [
        lambda: Consent.objects.update(revoked_at=PAST),
        lambda: Consent.objects.update(expires_at=PAST),
        lambda: User.objects.update(is_active=False),
        lambda: AccessToken.objects.update(expires=PAST),
        lambda: Application.objects.all().delete(),
        lambda: User.objects.all().delete(),
    ],
    ids=["withdrawn", "consent over", "deactivated", "expired", "application gone", "user gone"],
)
def test_token_dies_at_once(bob: User, end: Callable[[], object]) -> None:
    token = factories.make_token_for(bob)
    assert authenticate(token)

    end()

    with pytest.raises(InvalidToken):
        authenticate(token)


def test_scopes_are_what_token_consent_and_application_share(bob: User) -> None:
    token = factories.make_token_for(bob, scopes=("profile", "sites:read", "sites:write"))
    Consent.objects.update(scopes=["profile", "sites:read"])
    Application.objects.update(scopes=["sites:read", "sites:write"])

    _, principal = authenticate(token)

    assert principal.scopes == {"sites:read"}


@pytest.mark.parametrize(
    "times", [{"starts_at": FUTURE}, {"ends_at": PAST}], ids=["not yet", "not any more"]
)
def test_membership_outside_of_its_time_gives_no_role(bob: User, times: dict[str, Any]) -> None:
    B2BUser.objects.update(**times)

    _, principal = authenticate(factories.make_token_for(bob))

    assert principal.organisation_roles == {}


def test_user_acts_in_each_of_their_organisations(bob: User, organisation: Organisation) -> None:
    other = factories.make_organisation()
    B2BUser.objects.create(user=bob, organisation=other, role="owner")

    _, principal = authenticate(factories.make_token_for(bob))

    assert principal.organisation_roles == {
        organisation.pk: OrganisationRole.OPERATOR,
        other.pk: OrganisationRole.OWNER,
    }
    assert principal.organisations(OrganisationRole.ADMIN) == (other.pk,)
