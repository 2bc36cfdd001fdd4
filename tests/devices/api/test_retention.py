"""How long readings are kept, over REST: who sees it, who sets it, what it would take."""

from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import AuditEntry, Organisation, User
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
NOTHING = {"measurement": None, "status": None, "configuration": None}


def url(organisation: Organisation, rest: str = "") -> str:
    return f"/api/v1/organisations/{organisation.pk}/retention/{rest}"


def test_everything_is_kept_until_somebody_says_otherwise(
    as_: Client, vera: User, organisation: Organisation
) -> None:
    assert as_(vera).get(url(organisation)).json() == NOTHING


def test_admin_sets_days_for_a_kind_and_it_is_audited(
    as_: Client, alice: User, organisation: Organisation
) -> None:
    response = as_(alice).patch(url(organisation), {"measurement": 400})

    assert response.json() == {**NOTHING, "measurement": 400}
    entry = AuditEntry.objects.filter(object_type="retention_rule").get()
    assert (entry.organisation_id, entry.user_id) == (organisation.pk, alice.pk)
    assert entry.after["raw_days"] == 400


def test_null_keeps_all_again(as_: Client, alice: User, organisation: Organisation) -> None:
    client = as_(alice)
    client.patch(url(organisation), {"measurement": 400, "status": 100})

    response = client.patch(url(organisation), {"measurement": None})

    assert response.json() == {**NOTHING, "status": 100}


@pytest.mark.parametrize(
    "body", [{"measurement": 30}, {"measurement": 40_000}, {"status": "x"}, {"texts": 100}]
)
def test_days_out_of_range_and_unknown_kinds_are_refused(
    as_: Client, alice: User, organisation: Organisation, body: dict[str, Any]
) -> None:
    client = as_(alice)

    assert client.patch(url(organisation), body).status_code == HTTPStatus.BAD_REQUEST
    assert client.get(url(organisation)).json() == NOTHING


def test_preview_says_what_would_go_without_a_rule(
    as_: Client, alice: User, organisation: Organisation
) -> None:
    make_device(organisation)

    body = as_(alice).post(url(organisation, "preview/"), {"measurement": 100}).json()

    assert [one["kind"] for one in body["results"]] == ["measurement", "status", "configuration"]
    assert body["results"][0]["raw_days"] == 100
    assert body["results"][0]["readings"] == 0
    assert as_(alice).get(url(organisation)).json() == NOTHING


def test_who_is_no_admin_only_sees(as_: Client, bob: User, organisation: Organisation) -> None:
    client = as_(bob)

    assert client.get(url(organisation)).status_code == HTTPStatus.OK
    for call in (
        client.patch(url(organisation), {}),
        client.post(url(organisation, "preview/"), {}),
    ):
        assert_problem(call, HTTPStatus.FORBIDDEN, "role-missing")


def test_stranger_finds_nothing(as_: Client, charlie: User, organisation: Organisation) -> None:
    assert as_(charlie).get(url(organisation)).status_code == HTTPStatus.NOT_FOUND


def test_each_call_needs_its_scope(as_: Client, alice: User, organisation: Organisation) -> None:
    client = as_(alice, "readings:read", "readings:write")

    for call in (client.get(url(organisation)), client.patch(url(organisation), {"status": 100})):
        assert_problem(call, HTTPStatus.FORBIDDEN, "scope-missing")


def test_queries_do_not_grow_with_devices(
    as_: Client, alice: User, organisation: Organisation, django_assert_max_num_queries: Any
) -> None:
    client = as_(alice)
    for _ in range(2):
        make_device(organisation)
        with django_assert_max_num_queries(14):
            client.post(url(organisation, "preview/"), {"measurement": 100, "status": 100})
