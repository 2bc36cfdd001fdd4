"""A worker that ends at any line of a wave leaves each site wholly old or wholly new."""

from typing import Any

import pytest

from accounts.choices import OrganisationRole
from accounts.models import Organisation
from accounts.principals import Principal
from tests.factories import make_organisation
from tests.twin.planning.buildings import make_park, state
from tests.twin.trees import together
from twin.models import Plan, Site, Upgrade, UpgradeItem
from twin.services import applying, rebuilding, upgrade_work
from twin.services.sites import build_site
from twin.services.upgrade_work import work_on
from twin.services.upgrades import start_upgrade


class Killed(BaseException):
    """What no line of a worker catches."""


BEFORE = [
    (upgrade_work, "make_plan"),
    (upgrade_work, "apply_plan"),
    (applying, "read_building"),
    (applying, "rebuild"),
    (rebuilding, "update_spaces"),
    (rebuilding, "create_spaces"),
    (rebuilding, "update_views"),
    (rebuilding, "add_members"),
    (applying, "delete_nodes"),
    (applying, "current_marks"),
    (applying, "announce"),
    (upgrade_work, "_finish"),
]


def start(organisation: Organisation) -> Upgrade:
    roles = {organisation.pk: OrganisationRole.ADMIN}
    principal = Principal(scopes=frozenset({"sites:write"}), organisation_roles=roles)
    return start_upgrade(principal=principal, template="car-park@2")


def work_and_die_at(module: Any, name: str, upgrade: Upgrade) -> None:
    """Let a worker begin with a wave, and end it where it calls a function."""

    def die(*args: Any, **kwargs: Any) -> None:
        raise Killed(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, die)
        work_on(upgrade.pk, at_most=5)


@pytest.mark.django_db
@pytest.mark.parametrize(("module", "name"), BEFORE)
def test_site_is_wholly_old_until_its_state_is_written(
    organisation: Organisation, module: Any, name: str
) -> None:
    park = make_park(organisation)
    before, upgrade = state(park), start(organisation)

    with pytest.raises(Killed):
        work_and_die_at(module, name, upgrade)

    assert state(park) == before
    assert not Plan.objects.exists()
    work_on(upgrade.pk, at_most=5)
    assert UpgradeItem.objects.get().status == "applied"


@pytest.mark.django_db
def test_site_is_wholly_new_once_its_state_is_written(organisation: Organisation) -> None:
    park = make_park(organisation)
    upgrade = start(organisation)

    with pytest.raises(Killed):
        work_and_die_at(upgrade_work, "_settle", upgrade)

    after = state(park)
    assert not work_on(upgrade.pk, at_most=5)
    assert state(park) == after
    assert Plan.objects.get().status == "applied"


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_each_site_once() -> None:
    organisation = make_organisation()
    make_park(organisation)
    for number in range(5):
        build_site(organisation=organisation.pk, name=f"Park {number}", template="car-park@1")
    upgrade = start(organisation)

    deeds = [lambda: work_on(upgrade.pk, at_most=20)] * 2
    assert together(*deeds) == []

    upgrade.refresh_from_db()
    assert (upgrade.status, Plan.objects.filter(status="applied").count()) == ("completed", 6)
    assert set(Site.objects.values_list("template_version__number", flat=True)) == {2}
