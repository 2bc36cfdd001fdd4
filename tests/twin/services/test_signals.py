"""What twin tells the apps above it, and how they object."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.dispatch import Signal

from accounts.models import Organisation
from tests.factories import make_principal
from tests.twin import factories
from twin import signals
from twin.errors import SiteOccupied, SpaceOccupied
from twin.models import Site, Space, View
from twin.services.relationships import create_relationship, delete_relationship
from twin.services.sites import change_site, create_site, delete_site
from twin.services.space_creation import create_space
from twin.services.spaces import change_space, delete_space
from twin.services.views import change_view, create_view, delete_view

pytestmark = pytest.mark.django_db
News = list[dict[str, Any]]


@contextmanager
def heard(signal: Signal) -> Iterator[News]:
    """Collect what a signal says inside the block."""
    news: News = []

    def listen(sender: type, **said: Any) -> None:
        news.append({key: value for key, value in said.items() if key != "signal"})

    signal.connect(listen)
    yield news
    signal.disconnect(listen)


@contextmanager
def vetoed(signal: Signal, error: Exception) -> Iterator[None]:
    """Let a listener object inside the block."""

    def object_to(sender: type, **said: Any) -> None:
        raise error

    signal.connect(object_to)
    yield
    signal.disconnect(object_to)


@pytest.fixture
def site(organisation: Organisation) -> Site:
    return factories.make_site(organisation)


def test_building_is_one_piece_of_news(shipped: None, organisation: Organisation) -> None:
    principal = make_principal(organisation)

    with heard(signals.site_created) as sites, heard(signals.space_created) as spaces:
        site, counts = create_site(principal=principal, name="Home", template="connected-home@1")

    assert sites == [{"site": site, "counts": counts}]
    assert spaces == []


def test_change_of_a_site_names_its_fields(site: Site) -> None:
    with heard(signals.site_updated) as news:
        change_site(site, name="New", time_zone=site.time_zone)
        change_site(site, name="New")

    assert news == [{"site": site, "changes": ["name"]}]


def test_deletion_of_a_site_is_told_with_its_id(site: Site) -> None:
    key = site.pk

    with heard(signals.site_deleted) as news:
        delete_site(site)

    assert [one["site"].pk for one in news] == [key]


def test_occupied_site_is_not_deleted(site: Site) -> None:
    with vetoed(signals.site_deleting, SiteOccupied(devices=3)), pytest.raises(SiteOccupied):
        delete_site(site)

    assert Site.objects.filter(pk=site.pk).exists()


def test_life_of_a_space_is_told(site: Site) -> None:
    with heard(signals.space_created) as made, heard(signals.space_updated) as changed:
        house = create_space(site=site, kind="house", name="House")
        room = create_space(site=site, kind="room", name="Room")
        change_space(room, parent=house, name="Hall")
        change_space(room, name="Hall")
    with heard(signals.space_deleted) as gone:
        delete_space(room)

    assert [one["spaces"] for one in made] == [[house], [room]]
    assert changed == [{"space": room, "changes": ["name", "parent", "position"]}]
    assert [one["space"].name for one in gone] == ["Hall"]


def test_occupied_space_is_not_deleted(site: Site) -> None:
    space = factories.make_space(site)
    error = SpaceOccupied(devices=1)

    with vetoed(signals.space_deleting, error), pytest.raises(SpaceOccupied):
        delete_space(space)

    assert Space.objects.filter(pk=space.pk).exists()


def test_life_of_a_view_is_told(site: Site) -> None:
    with heard(signals.view_created) as made, heard(signals.view_updated) as changed:
        view = create_view(site=site, name="Heating")
        change_view(view, name="Warmth")
        change_view(view, name="Warmth")
    with heard(signals.view_deleted) as gone:
        delete_view(View.objects.get())

    assert (made, changed) == ([{"view": view}], [{"view": view, "changes": ["name"]}])
    assert [one["view"].pk for one in gone] == [view.pk]


def test_life_of_an_edge_is_told(site: Site, organisation: Organisation) -> None:
    ends = {name: factories.make_space(site).pk for name in ("source", "target")}
    principal = make_principal(organisation)

    with heard(signals.relationship_created) as made:
        edge = create_relationship(principal=principal, kind="feeds", **ends)
    key = edge.pk
    with heard(signals.relationship_deleted) as gone:
        delete_relationship(edge)

    assert made == [{"relationship": edge}]
    assert [one["relationship"].pk for one in gone] == [key]
