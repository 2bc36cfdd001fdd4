"""The permission matrix: every route and method, asked by every kind of principal.

``matrix.txt`` is the table of what they are answered. A route without a row fails.
"""

import re
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AccessToken, Consent, Organisation, User
from tests import factories
from tests.contract.routes import calls
from tests.contract.stage import Building, Home
from tests.contract.things import Things, client_with
from tests.problems import assert_problem

Answers = dict[str, dict[str, int]]
PREFIX = "api/v1/"
CLOSED = calls(is_open=False)
ALL_CALLS = {f"{method.upper()} {route.path.removeprefix(PREFIX)}" for route, method, _ in CLOSED}


def read_table() -> dict[str, Answers]:
    """Return section -> call -> who asks -> status."""
    table: dict[str, Answers] = {}
    columns: list[str] = []
    text = (Path(__file__).parent / "matrix.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        words = line.split()
        if line.startswith("[") and words:
            section = words[0].strip("[]")
            columns, table[section] = words[1:], {}
        elif words and not line.startswith("#"):
            statuses = dict(zip(columns, map(int, words[2:]), strict=True))
            table[section][f"{words[0]} {words[1]}"] = statuses
    return table


TABLE = read_table()


def address(path: str, ids: dict[str, Any]) -> str:
    """Return the path with the id of the noun before each place, or of the place's own name."""
    filled = path
    for place in re.findall(r"<[^>]+>", path):
        name = place.strip("<>").partition(":")[2]
        noun = filled.partition(place)[0].rstrip("/").rpartition("/")[2]
        owner = f"{path.partition('/')[0]}.{name}"
        found = ids.get(owner) or ids.get(name) or ids[noun]
        filled = filled.replace(place, str(found), 1)
    return f"/{PREFIX}{filled}"


def ask(client: APIClient, call: str, things: Things) -> int:
    """Return the status of the answer, and undo what the call did."""
    method, path = call.split()
    body = things.bodies.get(call, {"name": "New"} if method in {"POST", "PATCH"} else None)
    with transaction.atomic():
        how = {"content_type": "text/turtle"} if isinstance(body, str) else {}
        response = getattr(client, method.lower())(address(path, things.ids), body, **how)
        transaction.set_rollback(True)
    return int(response.status_code)


def nouns(section: str) -> list[str]:
    """Return the first parts of a section's paths."""
    return sorted({call.split()[1].partition("/")[0] for call in TABLE[section]})


def check(things: Building | Home, section: str, noun: str) -> None:
    """Compare the answers with the table, for every route of a noun."""
    clients = things.clients()
    wanted = {
        call: row
        for call, row in TABLE[section].items()
        if call.split()[1].partition("/")[0] == noun
    }
    actual = {
        call: {who: ask(clients[who], call, things) for who in row} for call, row in wanted.items()
    }

    assert actual == wanted


def test_every_call_has_a_row() -> None:
    assert sorted(ALL_CALLS) == sorted(TABLE["building"])


@pytest.mark.parametrize("noun", nouns("building"))
@pytest.mark.django_db
def test_building_of_an_organisation_answers_by_the_table(noun: str) -> None:
    check(Building(), "building", noun)


@pytest.mark.parametrize("noun", nouns("home"))
@pytest.mark.django_db
def test_private_home_answers_by_the_table(noun: str) -> None:
    check(Home(), "home", noun)


def refused_by_default(call: str, status: int) -> bool:
    """Say whether a gateway got nothing: no object, an empty list, nothing made."""
    method, path = call.split()
    if "<" in path:
        return status == HTTPStatus.NOT_FOUND
    return status == HTTPStatus.OK if method == "GET" else status >= HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("noun", nouns("building"))
@pytest.mark.django_db
def test_gateway_acts_as_itself_alone(noun: str) -> None:
    building = Building()
    client = building.clients()["gateway"]
    calls_of_noun = [call for call in TABLE["building"] if call.split()[1].startswith(f"{noun}/")]
    actual = {call: ask(client, call, building) for call in calls_of_noun}

    wanted = {call: code for call, code in actual.items() if refused_by_default(call, code)}
    listed = {call: row["gateway"] for call, row in TABLE["gateway"].items()}
    wanted |= {call: listed[call] for call in calls_of_noun if call in listed}
    assert actual == wanted


def kill(way: str, token: AccessToken) -> None:
    """End the token in one of the ways."""
    past = timezone.now() - timedelta(seconds=1)
    match way:
        case "expired":
            AccessToken.objects.filter(pk=token.pk).update(expires=past)
        case "revoked":
            token.revoke()
        case "deactivated":
            User.objects.filter(consents=token.consent).update(is_active=False)
        case "withdrawn":
            Consent.objects.filter(access_tokens=token).update(revoked_at=past)
        case "over":
            Consent.objects.filter(access_tokens=token).update(expires_at=past)
        case "deleted":
            Organisation.objects.filter(applications=token.application_id).delete()


@pytest.mark.parametrize(
    "way", ["expired", "revoked", "deactivated", "withdrawn", "over", "deleted"]
)
@pytest.mark.django_db
def test_token_that_lives_no_more_opens_no_route(way: str) -> None:
    application = factories.make_application(factories.make_organisation())
    consent = factories.make_consent(factories.make_user(), application)
    client = client_with(factories.make_access_token(application, consent=consent))
    assert client.get(f"/{PREFIX}me/").status_code == HTTPStatus.OK

    kill(way, AccessToken.objects.get(consent=consent))

    for route, method, _ in CLOSED:
        assert_problem(getattr(client, method)(route.url), HTTPStatus.UNAUTHORIZED)
