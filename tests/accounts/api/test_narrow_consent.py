"""PATCH consents/{id}/: less and never more, and tokens that are out follow at once."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Application, AuditEntry, Consent, User
from config.lib.times import format_time
from integrations.models import Event
from tests import factories
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin import factories as twin
from twin.models import ConsentNode

NOW = timezone.now()


@pytest.fixture
def consent(dora: User, meter_app: Application) -> Consent:
    return factories.make_consent(
        dora,
        meter_app,
        scopes=["consents:write", "readings:read", "sites:read"],
        resolution="1h",
        history_from=NOW - timedelta(days=30),
        expires_at=NOW + timedelta(days=30),
    )


@pytest.fixture
def client(consent: Consent) -> APIClient:
    client = APIClient(raise_request_exception=False)
    token = factories.make_access_token(consent.application, consent=consent)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def narrow(client: APIClient, consent: Consent, **body: Any) -> Any:
    return client.patch(f"/api/v1/consents/{consent.pk}/", body)


def test_every_term_can_be_narrowed(client: APIClient, consent: Consent, dora: User) -> None:
    home = twin.make_home(dora)
    since, until = NOW - timedelta(days=1), NOW + timedelta(days=1)
    times = {"history_from": format_time(since), "expires_at": format_time(until)}
    places = {"nodes": [str(home.pk)], "scopes": ["sites:read"]}

    body = narrow(client, consent, resolution="1d", **times, **places).json()

    assert body["nodes"] == [{"id": str(home.pk), "kind": "site", "name": "Home"}]
    assert body["sentences"] == {"sites:read": "See your buildings, their spaces and views."}
    assert (body["resolution"], body["scopes"]) == ("1d", ["sites:read"])
    assert {name: body[name] for name in times} == times


def test_what_is_left_out_stays(client: APIClient, consent: Consent) -> None:
    narrow(client, consent, resolution="1d")

    after = Consent.objects.get(pk=consent.pk)
    assert (after.scopes, after.expires_at) == (sorted(consent.scopes), consent.expires_at)


def test_living_token_is_narrower_at_once(client: APIClient, consent: Consent) -> None:
    narrow(client, consent, scopes=["readings:read"])

    answer = client.get("/api/v1/sites/")

    assert_problem(answer, HTTPStatus.FORBIDDEN, "scope-missing")


def test_living_token_loses_sight_of_what_was_taken_out(
    client: APIClient, consent: Consent, dora: User
) -> None:
    home, cabin = twin.make_home(dora), twin.make_home(dora, name="Cabin")
    assert client.get(f"/api/v1/sites/{cabin.pk}/").status_code == HTTPStatus.OK

    narrow(client, consent, nodes=[str(home.pk)])

    assert client.get(f"/api/v1/sites/{home.pk}/").status_code == HTTPStatus.OK
    assert_problem(client.get(f"/api/v1/sites/{cabin.pk}/"), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize(
    ("term", "value"),
    [
        ("scopes", ["sites:read", "devices:control"]),
        ("history_from", format_time(NOW - timedelta(days=31))),
        ("history_from", None),
        ("resolution", "15m"),
        ("expires_at", format_time(NOW + timedelta(days=31))),
        ("expires_at", None),
    ],
    ids=["scopes", "earlier", "any-time", "resolution", "later", "for-ever"],
)
def test_widening_is_refused(client: APIClient, consent: Consent, term: str, value: Any) -> None:
    answer = narrow(client, consent, **{term: value})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "consent-widened")
    assert answer.json()["terms"] == term
    assert Consent.objects.get(pk=consent.pk).updated_at == consent.updated_at


def test_refusal_names_all_that_would_become_wider_and_does_nothing(
    client: APIClient, consent: Consent
) -> None:
    body = narrow(client, consent, resolution="raw", expires_at=None, scopes=["sites:read"]).json()

    assert body["detail"].startswith("This would widen resolution, expires_at.")
    assert Consent.objects.get(pk=consent.pk).scopes == consent.scopes


def test_limited_consent_gets_no_place_back(
    client: APIClient, consent: Consent, dora: User
) -> None:
    home, cabin = twin.make_home(dora), twin.make_home(dora, name="Cabin")
    narrow(client, consent, nodes=[str(home.pk)])

    for nodes in ([str(cabin.pk)], [str(home.pk), str(cabin.pk)], None):
        answer = narrow(client, consent, nodes=nodes)
        assert answer.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST}
    assert ConsentNode.objects.get().node_id == home.pk


def test_place_within_a_chosen_place_is_narrower(
    client: APIClient, consent: Consent, dora: User
) -> None:
    home = twin.make_home(dora)
    cellar = twin.make_space(home, name="Cellar")
    heating = twin.make_space(home, cellar, name="Heating room")
    narrow(client, consent, nodes=[str(cellar.pk)])

    body = narrow(client, consent, nodes=[str(heating.pk)]).json()

    assert [node["name"] for node in body["nodes"]] == ["Heating room"]


@pytest.mark.parametrize("whose", ["site", "cellar"])
def test_place_around_a_chosen_place_is_wider(
    as_: Client, consent: Consent, dora: User, whose: str
) -> None:
    site = twin.make_home(dora)
    cellar = twin.make_space(site, name="Cellar")
    heating = twin.make_space(site, cellar, name="Heating room")
    consent.is_limited = True
    consent.save()
    ConsentNode.objects.create(consent=consent, node_id=heating.pk)
    other = factories.make_application(consent.application.organisation)
    wide = factories.make_access_token(other, consent=factories.make_consent(dora, other))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {wide}")

    answer = narrow(client, consent, nodes=[str({"site": site, "cellar": cellar}[whose].pk)])

    assert_problem(answer, HTTPStatus.FORBIDDEN, "consent-widened")


def test_places_of_others_do_not_exist(client: APIClient, consent: Consent, charlie: User) -> None:
    foreign = twin.make_home(charlie)

    answer = narrow(client, consent, nodes=[str(foreign.pk)])

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation")
    assert answer.json()["errors"][0]["pointer"] == "#/nodes"


def test_consent_of_somebody_else_does_not_exist(
    as_: Client, consent: Consent, charlie: User
) -> None:
    answer = narrow(as_(charlie), consent, resolution="1mo")

    assert_problem(answer, HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize(
    "body",
    [
        {"user": "01900000-0000-7000-8000-000000000000"},
        {"revoked_at": None},
        {"is_limited": False},
        {"scopes": []},
        {"nodes": []},
        {"scopes": ["root"]},
        {"resolution": "1s"},
        {"history_from": "yesterday"},
    ],
)
def test_other_bodies_are_refused(
    client: APIClient, consent: Consent, body: dict[str, Any]
) -> None:
    assert_problem(narrow(client, consent, **body), HTTPStatus.BAD_REQUEST, "validation")


def test_withdrawn_consent_has_nothing_left_to_narrow(
    as_: Client, dora: User, meter_app: Application
) -> None:
    over = factories.make_consent(dora, meter_app, revoked_at=NOW)

    answer = narrow(as_(dora), over, resolution="1mo")

    assert_problem(answer, HTTPStatus.CONFLICT, "consent-over")


def test_narrowing_is_an_event_and_an_audit_entry(client: APIClient, consent: Consent) -> None:
    narrow(client, consent, resolution="1mo")

    event = Event.objects.get(type="consent.narrowed")
    entry = AuditEntry.objects.filter(object_id=str(consent.pk), action="updated").latest("pk")
    assert event.organisation == consent.application.organisation_id
    assert event.data["fields"] == ["resolution"]
    assert (entry.before, entry.after) == ({"resolution": "1h"}, {"resolution": "1mo"})


def test_same_terms_again_are_no_news(client: APIClient, consent: Consent) -> None:
    assert narrow(client, consent, resolution="1h").status_code == HTTPStatus.OK

    assert not Event.objects.filter(type="consent.narrowed").exists()


def test_places_that_the_token_does_not_see_have_no_name(
    client: APIClient, consent: Consent, dora: User, meter_app: Application
) -> None:
    home, cabin = twin.make_home(dora), twin.make_home(dora, name="Cabin")
    other = factories.make_application(meter_app.organisation)
    elsewhere = factories.make_consent(dora, other, is_limited=True)
    ConsentNode.objects.create(consent=elsewhere, node_id=cabin.pk)
    narrow(client, consent, nodes=[str(home.pk)])

    body = client.get(f"/api/v1/consents/{elsewhere.pk}/").json()

    assert body["nodes"] == [{"id": str(cabin.pk), "kind": None, "name": None}]
