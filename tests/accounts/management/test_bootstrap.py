"""``manage.py bootstrap``."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Application, B2BUser, Organisation, User
from accounts.scopes import OPENID, SCOPES
from tests.accounts.oauth.flows import ask_token

pytestmark = pytest.mark.django_db


def bootstrap(*flags: str, organisation: str = "Tilleuls", email: str = "Alice@example.org") -> str:
    out = io.StringIO()
    call_command(
        "bootstrap",
        organisation=organisation,
        email=email,
        stdout=out,
        **dict.fromkeys(flags, True),
    )
    return out.getvalue()


def made(**options: str) -> dict[str, Any]:
    return dict(json.loads(bootstrap("json", **options)))


def test_prints_one_object_whose_secret_gets_every_scope() -> None:
    body = made()

    application = Application.objects.get(pk=body["application"]["id"])
    secret = body["application"]["client_secret"]
    answer = ask_token(application, secret=secret, grant_type="client_credentials").json()
    assert set(answer["scope"].split()) == set(SCOPES) - {OPENID}
    assert set(body["application"]["scope"].split()) == set(SCOPES) - {OPENID}
    assert body["organisation"]["name"] == "Tilleuls"
    assert body["owner"]["email"] == "alice@example.org"
    assert set(body) == {"organisation", "owner", "application"}


def test_makes_the_user_owner() -> None:
    body = made()

    membership = B2BUser.objects.get(user=body["owner"]["id"])
    assert (str(membership.organisation_id), membership.role) == (
        body["organisation"]["id"],
        "owner",
    )


def test_makes_a_new_organisation_of_the_same_name_for_the_same_owner() -> None:
    first, second = made(), made(email="alice@EXAMPLE.org")

    assert first["organisation"]["id"] != second["organisation"]["id"]
    assert first["owner"] == second["owner"]
    assert Organisation.objects.filter(name="Tilleuls").count() == 2


def test_without_json_it_is_readable() -> None:
    text = bootstrap()

    assert "Tilleuls" in text
    assert Application.objects.get().client_id in text


@pytest.mark.parametrize("options", [{"email": "no address"}, {"organisation": "x" * 201}])
def test_what_cannot_be_used_leaves_nothing(options: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        bootstrap(**options)

    assert not User.objects.exists()
    assert not Organisation.objects.exists()
