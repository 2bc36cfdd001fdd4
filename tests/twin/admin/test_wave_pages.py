"""The pages of upgrades in the admin: started, rehearsed, watched, steered, undone one by one."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organisation, User
from tests.twin.factories import make_version
from tests.twin.planning.buildings import make_park, renamed_bays
from twin.choices import UpgradeItemStatus
from twin.models import Site, TemplateVersion, Upgrade
from twin.services.sites import build_site
from twin.services.spaces import change_space
from twin.services.upgrade_work import work_on

pytestmark = pytest.mark.django_db
START = "/admin/twin/upgrade/start/"


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root@example.org", "secret"))
    return client


@pytest.fixture
def parks(organisation: Organisation) -> list[Site]:
    """Two parks; in version 3 the decks are called otherwise, and one of them was renamed."""
    first = make_park(organisation)
    second, _ = build_site(organisation=organisation.pk, name="Quay", template="car-park@1")
    document = renamed_bays()
    document["layout"][0]["children"][0]["name"] = "Level {deck}"
    make_version(organisation, definition=document, number=3)
    change_space(second.spaces.get(name="Deck 1"), name="Entrance")
    return [first, second]


def target(organisation: Organisation, number: int = 3) -> str:
    version = TemplateVersion.objects.get(number=number)
    return f"{START}?organisation={organisation.pk}&version={version.pk}"


def shown(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def begin(manager: Client, parks: list[Site], **more: Any) -> Upgrade:
    organisation = parks[0].organisation
    assert organisation is not None
    body = {"sites": [one.pk for one in parks], "failures": 20, **more}
    response = manager.post(target(organisation), body)
    assert response.status_code == HTTPStatus.FOUND, shown(response)
    upgrade = Upgrade.objects.latest("pk")
    assert response["Location"] == page(upgrade, "change")
    return upgrade


def page(upgrade: Upgrade, *parts: object) -> str:
    return "/".join(["/admin/twin/upgrade", str(upgrade.pk), *map(str, parts), ""])


def test_sites_of_the_template_are_offered(
    manager: Client, parks: list[Site], organisation: Organisation
) -> None:
    build_site(organisation=organisation.pk, name="Newest", template="car-park@3")

    response = manager.get(target(organisation))

    text = shown(response)
    assert "null" not in text
    assert "Sites with another version than car-park@3" in text
    assert "Park" in text
    assert "Newest" not in text


def test_rehearsal_shows_plans_and_conflicts_and_changes_nothing(
    manager: Client, parks: list[Site]
) -> None:
    upgrade = begin(manager, parks, rehearse="1")
    work_on(upgrade.pk, at_most=10)

    html = manager.get(page(upgrade, "change")).content.decode()

    assert "2 to create, 2 to rename, 7 to change." in html
    assert "The name was changed here and in the template" in html
    assert all(f"/site/{one.pk}/plans/" in html for one in parks)
    assert "Start the upgrade of these sites" in html
    assert not Site.objects.filter(template_version__number=3).exists()


def test_rehearsed_wave_is_started_for_the_same_sites(manager: Client, parks: list[Site]) -> None:
    rehearsal = begin(manager, parks, rehearse="1", choice="keep-local", failures=35)
    work_on(rehearsal.pk, at_most=10)

    manager.post(page(rehearsal, "repeat"))

    made = Upgrade.objects.latest("pk")
    assert (made.is_dry_run, made.choice, made.max_failure_rate) == (False, "keep-local", 0.35)
    assert set(made.items.values_list("site", flat=True)) == {one.pk for one in parks}


def test_wave_is_started_at_once_and_one_site_undone(manager: Client, parks: list[Site]) -> None:
    upgrade = begin(manager, parks, start="1", choice="take-template")
    work_on(upgrade.pk, at_most=10)
    item = upgrade.items.get(site=parks[0])

    response = manager.post(page(upgrade, "items", item.pk, "undo"), follow=True)

    assert "Park is as it was before." in shown(response)
    versions = Site.objects.order_by("name").values_list("template_version__number", flat=True)
    assert list(versions) == [1, 3]
    assert "undone" in shown(response)
    history = shown(manager.get(f"/admin/twin/site/{parks[0].pk}/history/"))
    assert "took Park back from car-park@3 to car-park@1" in history


def test_what_cannot_be_undone_is_told(manager: Client, parks: list[Site]) -> None:
    upgrade = begin(manager, parks, start="1", choice="take-template")
    work_on(upgrade.pk, at_most=10)
    change_space(parks[0].spaces.get(name="Level 1"), name="Mine")

    item = upgrade.items.get(site=parks[0])
    response = manager.post(page(upgrade, "items", item.pk, "undo"), follow=True)

    assert "This plan cannot be undone" in shown(response)


def test_running_wave_is_paused_resumed_and_cancelled(manager: Client, parks: list[Site]) -> None:
    upgrade = begin(manager, parks, start="1")
    states = []
    for deed in ("pause", "resume", "cancel"):
        manager.post(page(upgrade, "steer"), {"deed": deed})
        upgrade.refresh_from_db()
        states.append(upgrade.status)

    assert states == ["paused", "running", "cancelled"]
    assert "data-running" not in manager.get(page(upgrade, "change")).content.decode()


def test_page_of_a_wave_shows_the_sites_in_one_state(manager: Client, parks: list[Site]) -> None:
    upgrade = begin(manager, parks, start="1")
    work_on(upgrade.pk, at_most=10)

    text = shown(manager.get(page(upgrade, "change") + "?status=conflicts"))

    assert "Conflicts 1" in text
    assert "Quay" in text
    assert not re.search(r"\bPark\b", text)


def test_only_ticked_sites_are_in_the_wave(manager: Client, parks: list[Site]) -> None:
    upgrade = begin(manager, parks[1:], start="1")

    assert [item.site for item in upgrade.items.all()] == parks[1:]


def test_no_site_ticked_is_told(
    manager: Client, parks: list[Site], organisation: Organisation
) -> None:
    response = manager.post(target(organisation), {"failures": 20}, follow=True)

    assert "Tick at least one site" in shown(response)
    assert not Upgrade.objects.exists()


def test_page_of_a_wave_costs_the_same_whatever_its_size(
    manager: Client, parks: list[Site], django_assert_max_num_queries: Any
) -> None:
    upgrade = begin(manager, parks, start="1")
    work_on(upgrade.pk, at_most=10)

    with django_assert_max_num_queries(12):
        manager.get(page(upgrade, "change"))


@pytest.mark.parametrize("deed", ["repeat", "steer"])
def test_deeds_need_a_post(manager: Client, parks: list[Site], deed: str) -> None:
    upgrade = begin(manager, parks, rehearse="1")

    response = manager.get(page(upgrade, deed))

    assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_wave_that_was_no_rehearsal_is_not_repeated(manager: Client, parks: list[Site]) -> None:
    upgrade = begin(manager, parks, start="1")

    assert manager.post(page(upgrade, "repeat")).status_code == HTTPStatus.NOT_FOUND


def test_staff_without_permissions_neither_starts_nor_undoes(
    client: Client, manager: Client, parks: list[Site], organisation: Organisation
) -> None:
    upgrade = begin(manager, parks, start="1")
    item = upgrade.items.filter(status=UpgradeItemStatus.WAITING)[0]
    client.force_login(User.objects.create_user("s@example.org", "secret", is_staff=True))

    assert client.get(target(organisation)).status_code == HTTPStatus.FORBIDDEN
    assert client.get(page(upgrade, "change")).status_code == HTTPStatus.FORBIDDEN
    for deed in ("steer", "repeat", f"items/{item.pk}/undo"):
        assert client.post(page(upgrade, deed)).status_code == HTTPStatus.FORBIDDEN


def test_conflicts_are_settled_on_the_page(manager: Client, parks: list[Site]) -> None:
    upgrade = begin(manager, parks, start="1")
    work_on(upgrade.pk, at_most=10)
    name = f"choice:{parks[1].pk}:garage/deck-1#name"
    assert (
        f'name="{name}" value="keep-local" form="settle"'
        in manager.get(page(upgrade, "change")).content.decode()
    )

    manager.post(page(upgrade, "settle"), {"rest": "", name: "keep-local"})
    work_on(upgrade.pk, at_most=10)

    assert parks[1].spaces.filter(kind="deck", name="Entrance").exists()
    text = shown(manager.get(page(upgrade, "change")))
    assert "choose for each below" not in text
    assert "Applied 2" in text


def test_nothing_chosen_is_told(manager: Client, parks: list[Site]) -> None:
    upgrade = begin(manager, parks, rehearse="1")
    work_on(upgrade.pk, at_most=10)

    response = manager.post(page(upgrade, "settle"), {"rest": ""}, follow=True)

    assert "Choose for a site that is in conflict." in shown(response)
