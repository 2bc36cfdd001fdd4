"""What no code can store, however it tries."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Organisation, User
from tests.twin import factories
from twin.choices import NodeKind, SiteRole
from twin.models import Space, TopologyTemplate, View, ViewMember

pytestmark = pytest.mark.django_db
MARCH, MAY, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 5, 7))


def refused(constraint: str, deed: Callable[[], object]) -> bool:
    """Say whether the database refuses the deed by that constraint."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        deed()
    return True


def test_shipped_template_keys_are_unique() -> None:
    factories.make_version()

    assert refused(
        "topology_template_key_once", lambda: TopologyTemplate.objects.create(key="car-park")
    )


def test_two_organisations_may_use_one_template_key(organisation: Organisation) -> None:
    factories.make_version()

    assert factories.make_version(organisation).template.key == "car-park"


def test_template_key_stands_once_in_a_site(organisation: Organisation) -> None:
    site = factories.make_site(organisation)
    factories.make_space(site, template_key="building")
    factories.make_space(site)
    factories.make_space(site)

    assert refused(
        "space_template_key_once", lambda: factories.make_space(site, template_key="building")
    )


def test_space_cannot_stand_in_itself(organisation: Organisation) -> None:
    space = factories.make_space(factories.make_site(organisation))

    assert refused(
        "space_not_in_itself", lambda: Space.objects.filter(pk=space.pk).update(parent=space)
    )


def test_view_belongs_to_a_site_or_an_organisation() -> None:
    node = factories.Node.objects.create(kind=NodeKind.VIEW)

    assert refused("view_belongs_somewhere", lambda: View.objects.create(node=node, name="All"))


def test_member_stands_once_in_a_view(organisation: Organisation) -> None:
    space = factories.make_space(factories.make_site(organisation))
    view = factories.make_view(space.site, space)

    assert refused(
        "view_member_once", lambda: ViewMember.objects.create(view=view, node_id=space.pk)
    )


def test_edge_joins_two_different_nodes(organisation: Organisation) -> None:
    space = factories.make_space(factories.make_site(organisation))

    assert refused("relationship_joins_two", lambda: factories.make_relationship(space, space))


def test_person_is_a_member_once_at_a_time(organisation: Organisation, dora: User) -> None:
    site = factories.make_site(organisation)
    factories.make_site_member(site, dora, ends_at=MAY)
    factories.make_site_member(site, dora, starts_at=MAY, ends_at=JULY, role=SiteRole.GUEST)

    assert refused(
        "site_member_once_at_a_time",
        lambda: factories.make_site_member(site, dora, starts_at=MARCH),
    )


def test_location_must_be_on_earth(organisation: Organisation) -> None:
    assert refused(
        "site_location_is_on_earth",
        lambda: factories.make_site(organisation, latitude=91.0, longitude=0.0),
    )
