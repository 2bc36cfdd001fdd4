"""Two people who nest views at the same moment never close a ring."""

import pytest

from config.lib.errors import InvalidInput
from tests.factories import make_organisation
from tests.racing import at_once
from tests.twin.factories import make_site, make_view
from twin.models import View, ViewMember
from twin.services.views import add_members

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("reach", ["site", "organisation"])
def test_of_two_views_nested_in_each_other_at_once_one_is_refused(reach: str) -> None:
    site = make_site(make_organisation())
    one, other = (make_view(site, name=name) for name in ("A", "B"))
    if reach == "organisation":
        View.objects.update(site=None)
        one.refresh_from_db()
        other.refresh_from_db()

    answers = at_once(
        lambda: add_members(one, nodes=[other.pk], principal=None),
        lambda: add_members(other, nodes=[one.pk], principal=None),
    )

    (refused,) = [answer for answer in answers if isinstance(answer, Exception)]
    assert isinstance(refused, InvalidInput)
    assert refused.findings[0].code == "view-in-itself"
    assert ViewMember.objects.count() == 1
