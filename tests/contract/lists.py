"""How to make one more row of each list: the table that the query counts are taken over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import Application, Consent, Organisation, User
from config.lib.ids import uuid7
from tests import factories
from tests.twin import factories as twin
from twin.models import Relationship, Site, TemplateVersion


@dataclass(frozen=True)
class World:
    """What the rows hang on: alice owns the organisation."""

    organisation: Organisation
    alice: User


Make = Callable[[World], Any]
Address = Callable[[World], str]


def at(noun: str) -> Address:
    """Return the address of a list that hangs on nothing."""
    return lambda _: f"/api/v1/{noun}/"


def one_more_organisation(world: World) -> None:
    """Let alice act in another organisation."""
    organisation = factories.make_organisation()
    organisation.b2b_users.create(user=world.alice, role="viewer")


def one_more_consent(world: World) -> Consent:
    """Let alice consent to another application."""
    application: Application = factories.make_application(factories.make_organisation())
    return factories.make_consent(world.alice, application)


def site_of(world: World) -> Site:
    """Return the one site of the organisation."""
    site: Site | None = Site.objects.filter(organisation=world.organisation).first()
    return site or twin.make_site(world.organisation)


def one_more_edge(world: World) -> Relationship:
    """Join two new spaces."""
    site = site_of(world)
    return twin.make_relationship(twin.make_space(site), twin.make_space(site))


def one_more_version(world: World) -> TemplateVersion:
    """Add a version to the template ``garage``."""
    number = 1 + TemplateVersion.objects.filter(template__key="garage").count()
    return twin.make_version(world.organisation, key="garage", number=number)


def no_row(world: World) -> None:
    """Make nothing: an event shows only once the transaction that wrote it has ended."""


# Path of the route -> how to make a row that alice sees, and where the list stands.
LISTS: dict[str, tuple[Make, Address]] = {
    "api/v1/organisations/": (one_more_organisation, at("organisations")),
    "api/v1/organisations/<uuid:id>/members/": (
        lambda world: factories.make_member(world.organisation, role="viewer"),
        lambda world: f"/api/v1/organisations/{world.organisation.pk}/members/",
    ),
    "api/v1/applications/": (
        lambda world: factories.make_application(world.organisation),
        at("applications"),
    ),
    "api/v1/consents/": (one_more_consent, at("consents")),
    "api/v1/templates/": (
        lambda world: twin.make_version(world.organisation, key=f"key-{uuid7()}"),
        at("templates"),
    ),
    "api/v1/templates/<slug:key>/versions/": (one_more_version, at("templates/garage/versions")),
    "api/v1/sites/": (lambda world: twin.make_site(world.organisation), at("sites")),
    "api/v1/spaces/": (lambda world: twin.make_space(site_of(world)), at("spaces")),
    "api/v1/views/": (lambda world: twin.make_view(site_of(world)), at("views")),
    "api/v1/relationships/": (one_more_edge, at("relationships")),
    "api/v1/events/": (no_row, at("events")),
}
