"""Query parameters and keyset pages, seen through a list."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Organisation, User
from tests import factories
from tests.conftest import Client

URL = "/api/v1/applications/"


@pytest.fixture
def client(alice: User, organisation: Organisation, as_: Client) -> APIClient:
    for number in range(5):
        factories.make_application(organisation, name=f"App {number}")
    return as_(alice)


def names(body: Any) -> list[str]:
    return [row["name"] for row in body["results"]]


def test_pages_follow_one_another_without_gap_or_repetition(client: APIClient) -> None:
    seen, url = [], f"{URL}?limit=2"
    while url:
        body = client.get(url).json()
        seen += names(body)
        url = body["next"]

    assert seen == [f"App {number}" for number in range(5)]


def test_previous_leads_back(client: APIClient) -> None:
    first = client.get(f"{URL}?limit=2").json()
    second = client.get(first["next"]).json()

    assert first["previous"] is None
    assert second["next"].startswith("http://")
    assert names(client.get(second["previous"]).json()) == names(first)


def test_row_that_is_added_meanwhile_shifts_no_page(
    client: APIClient, organisation: Organisation
) -> None:
    first = client.get(f"{URL}?limit=3").json()
    organisation.applications.get(name="App 0").delete()

    assert names(client.get(first["next"]).json()) == ["App 3", "App 4"]


def test_search_looks_into_names_whatever_the_case(client: APIClient) -> None:
    assert names(client.get(f"{URL}?q=aPP 3").json()) == ["App 3"]


@pytest.mark.parametrize("words", ["%25", "_", "%00", "'; DROP TABLE"])
def test_search_takes_words_literally(client: APIClient, words: str) -> None:
    found = names(client.get(f"{URL}?q={words}").json())

    assert found == ([f"App {number}" for number in range(5)] if words == "%00" else [])


def test_fields_trim_and_expand_embeds(client: APIClient) -> None:
    row = client.get(f"{URL}?fields=name,organisation&expand=organisation").json()["results"][0]

    assert set(row) == {"name", "organisation"}
    assert row["organisation"]["name"] == "Tilleuls Gestion"


def test_fields_of_one_object_are_trimmed_too(client: APIClient) -> None:
    row = client.get(f"{URL}?limit=1").json()["results"][0]

    assert set(client.get(f"{URL}{row['id']}/?fields=name").json()) == {"name"}
