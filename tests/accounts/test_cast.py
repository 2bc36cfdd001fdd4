"""The cast itself: real tokens that the platform takes."""

from typing import Any

import pytest
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory

from accounts.authentication import BearerAuthentication
from accounts.choices import OrganisationRole
from accounts.models import AccessToken, Application, Organisation, User
from tests import factories


def authenticate(token: str) -> Any:
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {token}")
    return BearerAuthentication().authenticate(request)


def test_token_of_a_member_acts_in_their_organisation(
    bob: User, organisation: Organisation
) -> None:
    user, principal = authenticate(factories.make_token_for(bob, scopes=("sites:read",)))

    assert user == bob
    assert principal.scopes == {"sites:read"}
    assert principal.organisation_roles == {organisation.pk: OrganisationRole.OPERATOR}


def test_token_of_an_application_acts_as_its_organisations_admin(
    meter_app: Application,
) -> None:
    _, principal = authenticate(factories.make_token_for(meter_app))

    assert principal.user_id is None
    assert principal.organisation_roles == {meter_app.organisation_id: OrganisationRole.ADMIN}


def test_token_is_stored_as_a_digest_alone(meter_app: Application) -> None:
    text = factories.make_token_for(meter_app)

    token = AccessToken.objects.get()
    assert token.token == ""
    assert text not in token.token_checksum


def test_expired_token_is_refused(meter_app: Application) -> None:
    token = factories.make_access_token(meter_app, lives_s=-1)

    with pytest.raises(AuthenticationFailed):
        authenticate(token)
