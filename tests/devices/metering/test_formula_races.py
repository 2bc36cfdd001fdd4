"""Two who change formulas at the same moment close no circle together."""

from functools import partial

import pytest

from devices.errors import FormulaCircular
from devices.models import FormulaTerm, MeteringPoint
from devices.services.formulas import Term
from devices.services.metering import update_metering_point
from tests.devices.factories import make_metering_point
from tests.racing import at_once
from twin.models import Site

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def test_of_two_formulas_that_close_a_circle_one_is_refused(site: Site) -> None:
    main = make_metering_point(site=site)
    one, other = (make_metering_point(site=site, formula=[Term(source=main)]) for _ in range(2))

    def count(point: MeteringPoint, source: MeteringPoint) -> MeteringPoint:
        changes = {"formula": [Term(source=source)]}
        return update_metering_point(metering_point=point, changes=changes)

    for _ in range(ROUNDS):
        outcomes = at_once(partial(count, one, other), partial(count, other, one))

        assert [type(found) for found in outcomes].count(FormulaCircular) == 1
        assert not {(one.pk, other.pk), (other.pk, one.pk)} <= set(
            FormulaTerm.objects.values_list("metering_point", "source")
        )
        for point in (one, other):
            count(point, main)
