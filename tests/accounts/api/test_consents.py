"""Consents over REST: one's own, to be withdrawn."""

from http import HTTPStatus

from accounts.models import Application, Consent, User
from tests import factories
from tests.conftest import Client
from tests.problems import assert_problem

URL = "/api/v1/consents/"


def test_user_sees_their_own_consents_alone(
    dora: User, charlie: User, meter_app: Application, as_: Client
) -> None:
    factories.make_consent(charlie, meter_app)
    own = factories.make_consent(dora, meter_app)

    body = as_(dora).get(f"{URL}?expand=application").json()

    assert [row["id"] for row in body["results"]] == [str(own.pk)]
    assert body["results"][0]["application"]["name"] == "Meter app"


def test_application_sees_none(dora: User, meter_app: Application, as_: Client) -> None:
    factories.make_consent(dora, meter_app)

    assert as_(meter_app).get(URL).json()["results"] == []


def test_withdrawn_consent_kills_its_tokens_at_once(
    dora: User, meter_app: Application, as_: Client
) -> None:
    consent = factories.make_consent(dora, meter_app)
    client = as_(dora)

    answer = client.delete(f"{URL}{consent.pk}/")

    assert answer.status_code == HTTPStatus.NO_CONTENT
    assert client.get(URL).status_code == HTTPStatus.UNAUTHORIZED
    assert Consent.objects.get().revoked_at is not None


def test_consent_of_somebody_else_does_not_exist(
    dora: User, charlie: User, meter_app: Application, as_: Client
) -> None:
    consent = factories.make_consent(dora, meter_app)

    assert_problem(as_(charlie).delete(f"{URL}{consent.pk}/"), HTTPStatus.NOT_FOUND)
    assert Consent.objects.get(pk=consent.pk).revoked_at is None
