"""What was measured before a plan moved a space belongs to where it was measured."""

import pytest

from accounts.models import Organisation
from devices.models import Placement
from tests.devices.factories import make_device
from tests.twin.planning.buildings import make_park, named
from twin.services.applying import apply_plan
from twin.services.reshaping_plans import plan_merge
from twin.services.undoing import undo_plan

pytestmark = pytest.mark.django_db


def test_plan_that_moves_a_space_keeps_the_way_to_its_devices(organisation: Organisation) -> None:
    site = make_park(organisation)
    park, one, two, bay = (named(site, name) for name in ("Park", "Deck 1", "Deck 2", "Bay 2.01"))
    device = make_device(organisation, site=site, space=bay)

    made = apply_plan(plan_merge(site, two.pk, into=one.pk))

    ways = Placement.objects.filter(device=device).order_by("period").values_list("spaces")
    assert [way for (way,) in ways] == [[park.pk, two.pk, bay.pk], None]
    undo_plan(made)
    ways = Placement.objects.filter(device=device).order_by("period").values_list("spaces")
    assert [way for (way,) in ways][1:] == [[park.pk, one.pk, bay.pk], None]
