"""Choosing places without script: the form comes back unfolded or searched, with what was said."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Application, Consent, Organisation, User
from tests.accounts.oauth import flows
from tests.devices.factories import make_device, make_gateway
from tests.twin import factories as twin
from twin.models import Site, Space

SCOPES = "profile sites:read readings:read"


def look(user: User, application: Application, **form: Any) -> Any:
    """Press a button that looks for places, with what the user has said so far."""
    url = flows.authorize_url(application, scope=SCOPES)
    return flows.browser_of(user).post(url, {"where": "chosen", "resolution": "1d", **form})


def names(answer: Any) -> list[str]:
    """Return the places that the page shows, in order, with what is unfolded below them."""
    found: list[str] = []

    def walk(branches: Any) -> None:
        for branch in branches:
            found.append(branch.place.name)
            walk(branch.branches)

    browser = answer.context["form"].browser
    walk(browser.found if browser.query else browser.branches)
    return found


def house(owner: User, name: str) -> tuple[Site, Space, Space]:
    site = twin.make_home(owner, name=name)
    cellar = twin.make_space(site, name="Cellar")
    return site, cellar, twin.make_space(site, cellar, name="Heating room")


def test_sites_come_folded_and_one_unfolds(dora: User, meter_app: Application) -> None:
    cabin, _, _ = house(dora, "Cabin")
    house(dora, "Home")

    assert names(look(dora, meter_app, find="1")) == ["Cabin", "Home"]
    assert names(look(dora, meter_app, open=str(cabin.pk))) == ["Cabin", "Cellar", "Home"]


def test_unfolding_goes_on_and_back(dora: User, meter_app: Application) -> None:
    site, cellar, _ = house(dora, "Home")

    deep = look(dora, meter_app, opened=[str(site.pk)], open=str(cellar.pk))
    back = look(dora, meter_app, opened=[str(site.pk), str(cellar.pk)], close=str(site.pk))

    assert names(deep) == ["Home", "Cellar", "Heating room"]
    assert names(back) == ["Home"]


def test_only_site_is_unfolded_at_once(dora: User, meter_app: Application) -> None:
    house(dora, "Home")

    page = flows.browser_of(dora).get(flows.authorize_url(meter_app, scope=SCOPES))

    assert names(page) == ["Home", "Cellar"]


def test_looking_tells_no_faults_and_grants_nothing(dora: User, meter_app: Application) -> None:
    house(dora, "Home")

    answer = look(dora, meter_app, find="1", nodes=[])

    assert 'role="alert"' not in answer.content.decode()
    assert not Consent.objects.exists()


def test_looking_loses_nothing_that_was_said(dora: User, meter_app: Application) -> None:
    site, _, heating = house(dora, "Home")

    page = look(dora, meter_app, open=str(site.pk), nodes=[str(heating.pk)]).content.decode()

    assert 'value="1d" id="id_resolution_3" checked' in page
    assert f'value="{heating.pk}" checked' in page


def test_search_finds_rooms_of_all_sites_by_name(dora: User, meter_app: Application) -> None:
    house(dora, "Home")
    house(dora, "Cabin")

    answer = look(dora, meter_app, find="1", q="heating")

    assert names(answer) == ["Heating room", "Heating room"]
    assert "Cellar, Cabin" in answer.content.decode()


def test_chosen_place_that_is_not_shown_can_be_taken_back(
    dora: User, meter_app: Application
) -> None:
    _, _, heating = house(dora, "Home")

    answer = look(dora, meter_app, find="1", q="nothing like it", nodes=[str(heating.pk)])

    assert "No place of yours is called “nothing like it”." in answer.content.decode()
    assert [one.place.name for one in answer.context["form"].browser.elsewhere] == ["Heating room"]


def test_places_of_others_are_neither_found_nor_unfolded(
    dora: User, charlie: User, meter_app: Application
) -> None:
    site, _, heating = house(charlie, "Secret")

    found = look(dora, meter_app, find="1", q="heating", nodes=[str(heating.pk)])
    opened = look(dora, meter_app, open=str(site.pk))

    assert names(found) == names(opened) == []
    assert "Heating room" not in found.content.decode()


def test_tree_of_an_occupant_begins_with_the_flat(
    dora: User, alice: User, meter_app: Application
) -> None:
    site = twin.make_site(meter_app.organisation, name="Les Tilleuls")
    floor = twin.make_space(site, name="Floor")
    flat = twin.make_space(site, floor, name="Flat 1")
    twin.make_space(site, floor, name="Flat 2")
    twin.make_occupancy(flat, dora)

    page = flows.browser_of(dora).get(flows.authorize_url(meter_app, scope=SCOPES))

    assert names(page) == ["Les Tilleuls", "Flat 1"]


def test_number_of_queries_does_not_grow_with_places(dora: User, meter_app: Application) -> None:
    first, _, _ = house(dora, "Home")

    def queries(*opened: Site) -> int:
        with CaptureQueriesContext(connection) as captured:
            look(dora, meter_app, find="1", opened=[str(site.pk) for site in opened])
        return len(captured)

    few = queries(first)
    sites = [house(dora, f"Home {number}")[0] for number in range(5)]

    assert queries(first, *sites) == few


def test_gateways_and_devices_can_be_chosen_where_they_stand(
    dora: User, meter_app: Application, organisation: Organisation
) -> None:
    site = twin.make_site(organisation, name="Tilleuls")
    flat = twin.make_space(site, name="Flat", kind="flat")
    twin.make_occupancy(flat, dora)
    gateway = make_gateway(organisation, site=site, space=flat, name="Router")
    make_device(organisation, site=site, space=flat, name="Heat meter")

    shown = look(dora, meter_app, opened=str(site.pk), open=str(flat.pk))
    found = look(dora, meter_app, q="rout", find="1")

    assert names(shown) == ["Tilleuls", "Flat", "Router", "Heat meter"]
    assert names(found) == ["Router"]
    assert f'name="nodes" value="{gateway.pk}"' in found.content.decode()


def test_site_with_devices_and_no_spaces_unfolds(
    dora: User, meter_app: Application, organisation: Organisation
) -> None:
    house(dora, "Cabin")
    home = twin.make_site(organisation, name="Home")
    twin.make_grant(home.node, dora)
    meter = make_device(organisation, site=home, name="Meter")
    twin.make_home(dora, name="Ruin")

    folded = look(dora, meter_app, find="1")
    shown = look(dora, meter_app, open=str(home.pk))

    parts = {one.place.name: one.place.has_parts for one in folded.context["form"].browser.branches}
    assert parts == {"Cabin": True, "Home": True, "Ruin": False}
    assert names(shown) == ["Cabin", "Home", "Meter", "Ruin"]
    assert f'name="nodes" value="{meter.pk}"' in shown.content.decode()


def test_device_in_a_space_that_is_not_seen_stands_in_the_site(
    dora: User, meter_app: Application, organisation: Organisation
) -> None:
    site = twin.make_site(organisation, name="Tilleuls")
    cellar = twin.make_space(site, name="Cellar")
    boiler = make_device(organisation, site=site, space=cellar, name="Boiler")
    twin.make_grant(boiler.node, dora)

    page = flows.browser_of(dora).get(flows.authorize_url(meter_app, scope=SCOPES))

    assert names(page) == ["Tilleuls", "Boiler"]
