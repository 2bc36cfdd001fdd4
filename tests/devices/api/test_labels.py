"""Labels to print, and thousands of assets from a CSV."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Organisation, User
from devices.models import Asset
from tests.conftest import Client
from tests.devices.factories import make_asset, make_fleet
from tests.factories import make_organisation
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
LABELS, BULK, CLAIM = "/api/v1/assets/labels/", "/api/v1/assets/bulk/", "/api/v1/gateways/activate/"
CODE = re.compile(r"(?:[2-9A-HJ-NP-Z]{5}-){3}[2-9A-HJ-NP-Z]{5}")


def test_page_has_a_label_for_each_with_a_code_that_works(
    as_: Client, bob: User, organisation: Organisation, anonymous: APIClient
) -> None:
    assets = [make_asset(organisation, role="gateway") for _ in range(2)]
    before = assets[0].claim_code_digest

    answer = as_(bob).post(LABELS, {"assets": [str(asset.pk) for asset in assets]})

    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.CREATED
    assert page.count("<svg") == 2
    codes = CODE.findall(page)
    label = {"serial": assets[0].serial, "claim_code": codes[0]}
    assert anonymous.post(CLAIM, label).status_code == HTTPStatus.CREATED
    assert Asset.objects.get(pk=assets[0].pk).claim_code_digest != before


def test_page_is_kept_nowhere_and_needs_no_inline_style(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    answer = as_(bob).post(LABELS, {"assets": [str(make_asset(organisation).pk)]})

    assert answer["Cache-Control"] == "no-store"
    assert "style=" not in answer.content.decode()
    assert "<script" not in answer.content.decode()


def test_words_of_the_asset_are_no_markup(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    asset = make_asset(organisation, serial="<b>&7")

    answer = as_(bob).post(LABELS, {"assets": [str(asset.pk)]})

    assert "&lt;b&gt;&amp;7" in answer.content.decode()


@pytest.mark.parametrize("status", ["active", "suspended", "retired"])
def test_assets_in_use_or_out_of_service_are_refused_with_all(
    as_: Client, bob: User, organisation: Organisation, status: str
) -> None:
    good, bad = make_asset(organisation), make_asset(organisation, status=status)

    answer = as_(bob).post(LABELS, {"assets": [str(good.pk), str(bad.pk)]})

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer="#/assets/1")
    assert Asset.objects.get(pk=good.pk).claim_code_digest == good.claim_code_digest


def test_assets_of_others_do_not_exist(as_: Client, bob: User, vera: User) -> None:
    foreign = {"assets": [str(make_asset(make_organisation()).pk)]}

    refused = as_(bob).post(LABELS, foreign)

    assert_problem(refused, HTTPStatus.BAD_REQUEST, "validation", pointer="#/assets/0")
    looker = as_(vera).post(LABELS, foreign)
    assert_problem(looker, HTTPStatus.FORBIDDEN, "role-missing")
    narrow = as_(bob, "fleets:read").post(LABELS, foreign)
    assert_problem(narrow, HTTPStatus.FORBIDDEN, "scope-missing", scope="fleets:write")


def test_many_labels_cost_the_queries_of_one(
    as_: Client, bob: User, organisation: Organisation, django_assert_max_num_queries: Any
) -> None:
    client = as_(bob)
    keys = [str(make_asset(organisation).pk) for _ in range(20)]

    with django_assert_max_num_queries(8):
        client.post(LABELS, {"assets": keys})


def post_csv(client: APIClient, text: str) -> Any:
    return client.generic("POST", BULK, text, content_type="text/csv")


def test_csv_declares_as_json_does(as_: Client, bob: User, organisation: Organisation) -> None:
    fleet = make_fleet(organisation).pk
    lines = [f"Acme,0042,M1,,{fleet}", f"Acme,0043,,gateway,{fleet}", f",0044,,,{fleet}"]

    body = post_csv(as_(bob), "\n".join(["manufacturer,serial,model,role,fleet", *lines])).json()

    assert [row["serial"] for row in body["results"]] == ["0042", "0043"]
    assert [(row["index"], row["code"]) for row in body["rejected"]] == [(2, "required")]
    assert Asset.objects.get(serial="0043").role == "gateway"


@pytest.mark.parametrize(
    "text", ["serial\n1\n", "manufacturer,serial,colour\n", 'manufacturer,serial\n"a\n']
)
def test_csv_of_another_shape_is_refused(as_: Client, bob: User, text: str) -> None:
    assert_problem(post_csv(as_(bob), text), HTTPStatus.BAD_REQUEST)
