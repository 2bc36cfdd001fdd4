"""Questions about access over REST."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Application, Consent, Organisation, User
from tests import factories
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin import factories as twin
from twin.models import ConsentNode, Space

EXPLAIN, WHO = "/api/v1/access/explain/", "/api/v1/access/who/"


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    return twin.make_space(twin.make_site(organisation), name="Flat")


def question(subject: dict[str, Any], space: Space, **more: Any) -> dict[str, Any]:
    return {"subject": subject, "action": "devices:read", "object": str(space.pk), **more}


def test_occupant_is_allowed_by_the_occupancy(
    alice: User, dora: User, flat: Space, as_: Client
) -> None:
    occupancy = twin.make_occupancy(flat, dora)

    verdict = as_(alice).post(EXPLAIN, question({"user": str(dora.pk)}, flat)).json()

    (path,) = verdict["paths"]
    assert (verdict["allowed"], verdict["missing"]) == (True, [])
    assert (path["way"], path["level"], path["on"]) == ("occupancy", "control", str(flat.pk))
    assert path["given_by"] == str(occupancy.pk)


def test_stranger_lacks_a_grant_on_the_nearest_space(
    alice: User, charlie: User, flat: Space, as_: Client
) -> None:
    verdict = as_(alice).post(EXPLAIN, question({"user": str(charlie.pk)}, flat)).json()

    (missing,) = verdict["missing"]
    assert (verdict["allowed"], verdict["paths"]) == (False, [])
    assert (missing["kind"], missing["what"], missing["on"]) == ("grant", "viewer", str(flat.pk))


def test_answer_is_that_of_the_time_asked_about(
    alice: User, charlie: User, flat: Space, as_: Client
) -> None:
    starts_at = timezone.now() + timedelta(days=7)
    twin.make_grant(flat, charlie, starts_at=starts_at)
    client = as_(alice)

    now = client.post(EXPLAIN, question({"user": str(charlie.pk)}, flat)).json()
    at = (starts_at + timedelta(days=1)).isoformat()
    later = client.post(EXPLAIN, question({"user": str(charlie.pk)}, flat, at=at)).json()

    assert (now["allowed"], later["allowed"]) == (False, True)


def test_role_that_is_too_low_is_named(alice: User, vera: User, flat: Space, as_: Client) -> None:
    asked = question({"user": str(vera.pk)}, flat) | {"action": "sites:write"}

    verdict = as_(alice).post(EXPLAIN, asked).json()

    (missing,) = verdict["missing"]
    assert (missing["kind"], missing["what"]) == ("role", "change")


def test_application_lacks_what_its_consent_leaves_out(
    dora: User, meter_app: Application, as_: Client
) -> None:
    client = as_(dora)
    home, cabin = twin.make_home(dora), twin.make_home(dora, name="Cabin")
    consent = factories.make_consent(dora, meter_app, is_limited=True)
    ConsentNode.objects.create(consent=consent, node_id=home.pk)
    subject = {"user": str(dora.pk), "application": str(meter_app.pk)}

    seen, cut = (
        client.post(EXPLAIN, question(subject, twin.make_space(site))).json()
        for site in (home, cabin)
    )

    assert (seen["allowed"], cut["allowed"]) == (True, False)
    assert [one["kind"] for one in cut["missing"]] == ["consent-node"]


def test_scope_that_no_token_may_hold_is_missing(
    alice: User, organisation: Organisation, flat: Space, as_: Client
) -> None:
    application = factories.make_application(organisation, scopes=["sites:read"])

    asked = question({"application": str(application.pk)}, flat)
    verdict = as_(alice).post(EXPLAIN, asked).json()

    assert (verdict["allowed"], verdict["missing"][0]["kind"]) == (False, "scope")


def test_closed_account_is_told_where_its_right_leads(
    alice: User, dora: User, charlie: User, flat: Space, as_: Client
) -> None:
    twin.make_occupancy(flat, dora)
    User.objects.filter(pk__in=[dora.pk, charlie.pk]).update(is_active=False)
    client = as_(alice)

    known, stranger, nobody = (
        client.post(EXPLAIN, question({"user": str(key)}, flat)).json()
        for key in (dora.pk, charlie.pk, uuid4())
    )

    assert (known["allowed"], known["missing"][0]["kind"]) == (False, "account")
    assert stranger["missing"] == nobody["missing"]


def test_application_of_others_is_answered_like_none(alice: User, flat: Space, as_: Client) -> None:
    theirs = factories.make_application(factories.make_organisation(), scopes=["sites:read"])
    client = as_(alice)

    told = [
        client.post(EXPLAIN, question({"application": str(key)}, flat)).json()
        for key in (theirs.pk, uuid4())
    ]

    assert told[0]["missing"] == told[1]["missing"]


def test_application_of_installers_is_explained_by_their_grant(
    alice: User, flat: Space, as_: Client
) -> None:
    installers = factories.make_organisation()
    twin.make_grant(flat, installers)
    theirs = factories.make_application(installers)

    asked = question({"application": str(theirs.pk)}, flat)
    verdict = as_(alice).post(EXPLAIN, asked).json()

    assert (verdict["allowed"], verdict["paths"][0]["way"]) == (True, "grant")


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_who_administers_an_object_may_ask_about_it(
    role: str, organisation: Organisation, charlie: User, flat: Space, as_: Client
) -> None:
    member = factories.make_member(organisation, role=role)

    for client in (as_(member), as_(charlie)):
        asked = question({"user": str(charlie.pk)}, flat)
        assert_problem(client.post(EXPLAIN, asked), HTTPStatus.NOT_FOUND)
        assert_problem(client.get(WHO, {"node": str(flat.pk)}), HTTPStatus.NOT_FOUND)


def test_landlord_learns_nothing_of_a_residents_apps(
    alice: User, dora: User, flat: Space, as_: Client
) -> None:
    twin.make_occupancy(flat, dora)
    theirs = factories.make_application(factories.make_organisation())
    factories.make_consent(dora, theirs)

    asked = question({"user": str(dora.pk), "application": str(theirs.pk)}, flat)
    answer = as_(alice).post(EXPLAIN, asked)

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer="#/subject/application")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"action": "fly"}, "#/action"),
        ({"subject": {}}, "#/subject"),
        ({"at": "yesterday"}, "#/at"),
        ({"object": "x"}, "#/object"),
    ],
)
def test_bad_question_is_pointed_at(
    change: dict[str, Any], pointer: str, alice: User, flat: Space, as_: Client
) -> None:
    answer = as_(alice).post(EXPLAIN, question({"user": str(uuid4())}, flat) | change)

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert any(error["pointer"].startswith(pointer) for error in answer.json()["errors"])


def test_who_names_everybody_and_through_what(
    alice: User, dora: User, charlie: User, flat: Space, as_: Client
) -> None:
    twin.make_occupancy(flat, dora)
    twin.make_grant(flat.site, charlie)

    parties = as_(alice).get(WHO, {"node": str(flat.pk)}).json()["results"]

    found = {(party["email"], party["path"]["way"]) for party in parties if party["user"]}
    assert found == {
        (alice.email, "organisation"),
        (dora.email, "occupancy"),
        (charlie.email, "grant"),
    }


def test_answers_reach_back_no_further_than_the_consent(
    alice: User, dora: User, flat: Space, as_: Client
) -> None:
    twin.make_occupancy(flat, dora)
    client, now = as_(alice), timezone.now()
    Consent.objects.filter(user=alice).update(history_from=now - timedelta(days=7))

    def told(days: int) -> list[int]:
        at = (now - timedelta(days=days)).isoformat()
        asked = question({"user": str(dora.pk)}, flat, at=at)
        answers = client.get(WHO, {"node": str(flat.pk), "at": at}), client.post(EXPLAIN, asked)
        return [answer.status_code for answer in answers]

    assert told(6) == [HTTPStatus.OK] * 2
    assert told(8) == [HTTPStatus.NOT_FOUND] * 2
