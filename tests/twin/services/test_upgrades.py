"""Waves of upgrades: site by site, resumable, paused, cancelled, stopped by their failures."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.choices import OrganisationRole
from accounts.models import Organisation
from accounts.principals import Principal
from config.lib.errors import InvalidInput
from tests.factories import make_organisation
from tests.twin.factories import make_version
from tests.twin.planning.buildings import make_park, named, renamed_bays
from twin import tasks
from twin.choices import UpgradeStatus
from twin.errors import UpgradeOver
from twin.models import Site, Space, Upgrade, UpgradeItem
from twin.services import upgrade_work
from twin.services.applying import apply_plan
from twin.services.planning import Wish, make_plan
from twin.services.sites import build_site
from twin.services.upgrade_choices import settle_conflicts
from twin.services.upgrade_work import left_behind, work_on
from twin.services.upgrades import begin_again, progress_of, start_upgrade, steer_upgrade

pytestmark = pytest.mark.django_db


@pytest.fixture
def parks(organisation: Organisation) -> list[Site]:
    first = make_park(organisation)
    others = [
        build_site(organisation=organisation.pk, name=f"Park {n}", template="car-park@1")[0]
        for n in range(2, 4)
    ]
    return [first, *others]


@pytest.fixture
def landlord(organisation: Organisation) -> Principal:
    return Principal(
        scopes=frozenset({"sites:write"}),
        organisation_roles={organisation.pk: OrganisationRole.ADMIN},
    )


def start(landlord: Principal, **options: Any) -> Upgrade:
    return start_upgrade(principal=landlord, template="car-park@2", **options)


def states(upgrade: Upgrade) -> dict[str, str]:
    items = UpgradeItem.objects.filter(upgrade=upgrade)
    return dict(items.values_list("site__name", "status"))


def versions() -> set[int]:
    return set(Site.objects.values_list("template_version__number", flat=True))


def test_wave_upgrades_every_site_of_the_template(parks: list[Site], landlord: Principal) -> None:
    upgrade = start(landlord)

    assert not work_on(upgrade.pk, at_most=10)

    upgrade.refresh_from_db()
    assert (upgrade.status, versions()) == ("completed", {2})
    progress = progress_of([upgrade.pk])[upgrade.pk]
    assert (progress["total"], progress["percent"], progress["applied"]) == (3, 100, 3)


def test_site_with_a_conflict_is_left_alone_and_says_why(
    parks: list[Site], landlord: Principal, organisation: Organisation
) -> None:
    document = renamed_bays()
    document["layout"][0]["children"][0]["name"] = "Level {deck}"
    make_version(organisation, definition=document, number=3)
    Space.objects.filter(site=parks[1], name="Deck 1").update(name="Entrance")
    upgrade = start_upgrade(principal=landlord, template="car-park@3")

    work_on(upgrade.pk, at_most=10)

    assert states(upgrade) == {"Park": "applied", "Park 2": "conflicts", "Park 3": "applied"}
    item = UpgradeItem.objects.get(upgrade=upgrade, site=parks[1])
    assert item.reason.startswith("Entrance: The name was changed here and in the template")
    assert item.plan is not None


def test_choice_settles_the_conflicts_of_all(
    parks: list[Site], landlord: Principal, organisation: Organisation
) -> None:
    document = renamed_bays()
    document["layout"][0]["children"][0]["name"] = "Level {deck}"
    make_version(organisation, definition=document, number=3)
    Space.objects.filter(site=parks[1], name="Deck 1").update(name="Entrance")
    upgrade = start_upgrade(principal=landlord, template="car-park@3", choice="keep-local")

    work_on(upgrade.pk, at_most=10)

    assert set(states(upgrade).values()) == {"applied"}
    assert named(parks[1], "Entrance").kind == "deck"


def test_dry_run_plans_and_applies_nothing(parks: list[Site], landlord: Principal) -> None:
    upgrade = start(landlord, is_dry_run=True)

    work_on(upgrade.pk, at_most=10)

    assert (set(states(upgrade).values()), versions()) == ({"planned"}, {1})


def test_site_that_has_the_version_is_skipped(parks: list[Site], landlord: Principal) -> None:
    work_on(start(landlord).pk, at_most=10)
    again = start(landlord)

    work_on(again.pk, at_most=10)

    assert set(states(again).values()) == {"skipped"}


def test_worker_does_a_few_and_leaves_the_rest(parks: list[Site], landlord: Principal) -> None:
    upgrade = start(landlord)

    assert work_on(upgrade.pk, at_most=2)

    assert sorted(states(upgrade).values()) == ["applied", "applied", "waiting"]


def test_paused_wave_begins_no_other_site(parks: list[Site], landlord: Principal) -> None:
    upgrade = start(landlord)
    work_on(upgrade.pk, at_most=1)
    steer_upgrade(upgrade, to=UpgradeStatus.PAUSED)

    assert not work_on(upgrade.pk, at_most=10)
    steer_upgrade(upgrade, to=UpgradeStatus.RUNNING)
    work_on(upgrade.pk, at_most=10)

    assert set(states(upgrade).values()) == {"applied"}


def test_cancelled_wave_leaves_what_waits_as_it_is(parks: list[Site], landlord: Principal) -> None:
    upgrade = start(landlord)
    work_on(upgrade.pk, at_most=1)

    steer_upgrade(upgrade, to=UpgradeStatus.CANCELLED)

    assert sorted(states(upgrade).values()) == ["applied", "skipped", "skipped"]
    with pytest.raises(UpgradeOver):
        steer_upgrade(upgrade, to=UpgradeStatus.RUNNING)


def test_site_that_kills_its_worker_is_given_up(parks: list[Site], landlord: Principal) -> None:
    upgrade = start(landlord, sites=[parks[0].pk])
    for _ in range(3):  # A worker notes that it begins, and is killed.
        assert upgrade_work._claim(upgrade.pk) is not None

    work_on(upgrade.pk, at_most=10)

    assert states(upgrade) == {"Park": "failed"}
    upgrade.refresh_from_db()
    assert upgrade.status == "completed"


def test_wave_left_by_its_worker_is_found_and_ended(
    parks: list[Site], landlord: Principal, django_capture_on_commit_callbacks: Any
) -> None:
    upgrade = start(landlord)
    work_on(upgrade.pk, at_most=1)
    long_ago = timezone.now() - upgrade_work.LEFT_AFTER
    Upgrade.objects.filter(pk=upgrade.pk).update(worked_at=long_ago)

    assert left_behind() == [upgrade.pk]
    tasks.run_upgrade(str(upgrade.pk))

    assert set(states(upgrade).values()) == {"applied"}
    assert left_behind() == []


def test_wave_stops_when_too_many_fail(landlord: Principal, organisation: Organisation) -> None:
    make_park(organisation)
    document = renamed_bays()
    document["parameters"]["rows"] = {"schema": {"type": "integer"}, "example": 1}
    document["layout"][0]["children"][0]["children"][0]["count"] = {"parameter": "rows"}
    make_version(organisation, definition=document, number=3)
    for number in range(6):
        build_site(organisation=organisation.pk, name=f"P{number}", template="car-park@1")
    upgrade = start_upgrade(principal=landlord, template="car-park@3")

    work_on(upgrade.pk, at_most=10)

    upgrade.refresh_from_db()
    assert (upgrade.status, upgrade.reason[:19]) == ("stopped", "5 of 5 sites failed")
    assert sorted(states(upgrade).values()) == ["failed"] * 5 + ["waiting"] * 2


def test_site_of_somebody_else_is_pointed_at(parks: list[Site], landlord: Principal) -> None:
    other = make_park(make_organisation())

    with pytest.raises(InvalidInput) as refused:
        start(landlord, sites=[parks[0].pk, other.pk])

    assert refused.value.findings[0].pointer == "#/sites/1"


def test_wave_begins_once_it_is_committed(
    parks: list[Site], landlord: Principal, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        start(landlord)

    assert len(callbacks) == 1


@pytest.fixture
def crossed(parks: list[Site], organisation: Organisation) -> list[Site]:
    """Two of the parks have decks of their own name, which the next version calls otherwise."""
    document = renamed_bays()
    document["layout"][0]["children"][0]["name"] = "Level {deck}"
    make_version(organisation, definition=document, number=3)
    Space.objects.filter(site=parks[1], kind="deck").update(name="Entrance")
    Space.objects.filter(site=parks[2], name="Deck 1").update(name="Cellar")
    return parks[1:]


def decks(site: Site) -> list[str]:
    return list(site.spaces.filter(kind="deck").in_order().values_list("name", flat=True))


ONE, TWO = "garage/deck-1#name", "garage/deck-2#name"


def test_conflicts_are_settled_site_by_site_and_one_by_one(
    crossed: list[Site], landlord: Principal
) -> None:
    first, second = crossed
    upgrade = start_upgrade(principal=landlord, template="car-park@3")
    work_on(upgrade.pk, at_most=10)
    choices = {str(first.pk): {ONE: "keep-local", TWO: "take-template"}, "*": "take-template"}

    settle_conflicts(upgrade, choices=choices, principal=landlord)
    work_on(upgrade.pk, at_most=10)

    assert (decks(first), decks(second)) == (["Entrance", "Level 2"], ["Level 1", "Level 2"])
    upgrade.refresh_from_db()
    assert (upgrade.status, set(states(upgrade).values())) == ("completed", {"applied"})


def test_choices_of_a_rehearsal_hold_when_it_is_begun_in_earnest(
    crossed: list[Site], landlord: Principal
) -> None:
    rehearsal = start_upgrade(principal=landlord, template="car-park@3", is_dry_run=True)
    work_on(rehearsal.pk, at_most=10)
    settle_conflicts(rehearsal, choices={str(crossed[0].pk): "keep-local"}, principal=landlord)
    work_on(rehearsal.pk, at_most=10)
    assert sorted(states(rehearsal).values()) == ["conflicts", "planned", "planned"]

    work_on(begin_again(rehearsal).pk, at_most=10)

    assert (decks(crossed[0]), decks(crossed[1])) == (["Entrance"] * 2, ["Cellar", "Deck 2"])


def test_choices_may_be_known_before_the_wave(crossed: list[Site], landlord: Principal) -> None:
    choices = {str(crossed[0].pk): {"*": "keep-local", TWO: "take-template"}}

    upgrade = start_upgrade(
        principal=landlord, template="car-park@3", choices=choices, choice="take-template"
    )
    work_on(upgrade.pk, at_most=10)

    assert decks(crossed[0]) == ["Entrance", "Level 2"]
    assert decks(crossed[1]) == ["Level 1", "Level 2"]


def test_choice_for_a_site_without_conflict_is_refused(
    crossed: list[Site], parks: list[Site], landlord: Principal
) -> None:
    upgrade = start_upgrade(principal=landlord, template="car-park@3")
    work_on(upgrade.pk, at_most=10)
    wrong = {str(parks[0].pk): "keep-local", str(crossed[0].pk): {ONE: "toss"}}

    with pytest.raises(InvalidInput) as refused:
        settle_conflicts(upgrade, choices=wrong, principal=landlord)

    assert [(one.pointer, one.code) for one in refused.value.findings] == [
        (f"#/choices/{parks[0].pk}", "unknown-site"),
        (f"#/choices/{crossed[0].pk}/garage~1deck-1#name", "invalid-choice"),
    ]


def test_site_settled_by_a_plan_of_its_own_counts_as_applied(
    crossed: list[Site], landlord: Principal
) -> None:
    upgrade = start_upgrade(principal=landlord, template="car-park@3")
    work_on(upgrade.pk, at_most=10)

    apply_plan(make_plan(crossed[0], Wish(template="car-park@3", choices="keep-local")))

    assert states(upgrade) == {"Park": "applied", "Park 2": "applied", "Park 3": "conflicts"}
