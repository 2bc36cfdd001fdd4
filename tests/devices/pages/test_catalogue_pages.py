"""The public catalogue: readable by everybody, in three languages, and of shipped types alone."""

import pytest
import yaml
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organisation
from devices.models import DeviceType
from devices.services.catalogue import load_catalogue
from tests.devices.factories import make_type

pytestmark = pytest.mark.django_db
GERMAN = {"Accept-Language": "de"}
DOCUMENTS = ("", "type.json", "type.yaml", "thing.json")


def test_list_is_readable_without_an_account_in_one_query_for_all_types(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        make_type(name=f"Kind {number}", category="light")

    with django_assert_num_queries(2):
        page = client.get("/catalogue/").content.decode()

    assert page.count('class="tile"') == 12
    assert "<style" not in page
    assert "style=" not in page


def test_pages_allow_own_files_alone(client: Client) -> None:
    kind = make_type()

    for url in ("/catalogue/", f"/catalogue/{kind.key}/"):
        answer = client.get(url)
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert "<script>" not in answer.content.decode()


def test_search_finds_by_name_point_and_the_pages_own_word_for_the_category(client: Client) -> None:
    make_type(key="pump", name="Heat pump", category="heat-pump")
    make_type(key="lamp", name="Lamp", category="light", points=[{"key": "glow"}])

    found = {
        words: [key for key in ("pump", "lamp") if f"/catalogue/{key}/" in page]
        for words in ("heat", "glow", "wärmepumpe", "lamp light", "lamp heat", "%")
        for page in [client.get("/catalogue/", {"q": words}, headers=GERMAN).content.decode()]
    }

    assert found == {
        "heat": ["pump"],
        "glow": ["lamp"],
        "wärmepumpe": ["pump"],
        "lamp light": ["lamp"],
        "lamp heat": [],
        "%": [],
    }


def test_category_cuts_the_list(client: Client) -> None:
    make_type(key="pump", category="heat-pump")
    make_type(key="lamp", category="light")

    page = client.get("/catalogue/", {"category": "light"}).content.decode()

    assert "/catalogue/lamp/" in page
    assert "/catalogue/pump/" not in page


@pytest.mark.parametrize("document", DOCUMENTS)
def test_type_of_an_organisation_is_nowhere_on_public_pages(
    client: Client, organisation: Organisation, document: str
) -> None:
    make_type(organisation, key="secret-sauce", name="Secret sauce", category="sauce")

    assert client.get(f"/catalogue/secret-sauce/{document}").status_code == 404
    assert "auce" not in client.get("/catalogue/").content.decode()
    assert "auce" not in client.get("/catalogue/", {"q": "active_power"}).content.decode()


def test_own_type_of_a_shipped_key_does_not_stand_in_its_place(
    client: Client, organisation: Organisation
) -> None:
    make_type(key="lamp", name="Everybody's lamp")
    make_type(organisation, key="lamp", name="Our lamp")

    page = client.get("/catalogue/lamp/").content.decode()

    assert "Everybody&#x27;s lamp" in page
    assert "Our lamp" not in page


def test_page_of_a_type_says_what_there_is(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    load_catalogue()

    with django_assert_max_num_queries(4):
        page = client.get("/catalogue/battery-storage/").content.decode()

    for text in ("Energy charged", "1-0:1.8.0*255", "kWh", "State of charge", "can be set"):
        assert text in page
    for text in ("set_battery_mode", "discharge", "Not again within 60 seconds.", "thing.json"):
        assert text in page


@pytest.mark.parametrize(("language", "word"), [("fr", "Réglages"), ("de", "Einstellungen")])
def test_pages_speak_the_language_asked_for(client: Client, language: str, word: str) -> None:
    kind = make_type()

    page = client.get(f"/catalogue/{kind.key}/", headers={"Accept-Language": language})

    assert word in page.content.decode()
    assert f'<html lang="{language}">' in page.content.decode()


def test_names_of_the_catalogue_are_said_in_the_language_of_the_page(client: Client) -> None:
    load_catalogue()

    thermostat = client.get("/catalogue/thermostat/", headers=GERMAN).content.decode()
    meter = client.get("/catalogue/smartme-water-cold/", headers=GERMAN).content.decode()

    for text in ("<h1>Raumthermostat</h1>", "Relative Feuchte", "Wunschtemperatur einstellen"):
        assert text in thermostat
    assert "<h1>smart-me Kaltwasserzähler</h1>" in meter
    assert "Room thermostat" in client.get("/catalogue/thermostat/").content.decode()


def test_documents_are_for_everybody_and_each_version_stays(client: Client) -> None:
    load_catalogue()
    url = "/catalogue/door-lock/"

    as_json = client.get(f"{url}type.json")
    as_yaml = yaml.safe_load(client.get(f"{url}type.yaml?version=1").content)
    thing = client.get(f"{url}thing.json")

    assert (as_json.json(), as_json["Access-Control-Allow-Origin"]) == (as_yaml, "*")
    assert (as_json.json()["key"], as_json.json()["version"]) == ("door-lock", 1)
    assert (thing["Content-Type"], "unlock" in thing.json()["actions"]) == (
        "application/td+json",
        True,
    )
    for wrong in ("2", "0", "x", "99999999999", "¹"):
        assert client.get(f"{url}type.json", {"version": wrong}).status_code == 404


def test_every_shipped_type_has_a_page_whose_category_has_a_word(client: Client) -> None:
    load_catalogue()

    keys = DeviceType.objects.values_list("key", flat=True)
    assert {client.get(f"/catalogue/{key}/").status_code for key in keys} == {200}
