"""How to make one more row of each list: the table that the query counts are taken over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import Application, Consent, Organisation, User
from config.lib.ids import uuid7
from integrations.models import Connection
from tests import factories
from tests.devices import factories as devices
from tests.twin import factories as twin
from twin.models import Relationship, Site, Space, TemplateVersion


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


def space_of(world: World) -> Space:
    """Return the first space of the organisation's site."""
    space: Space | None = Space.objects.filter(organisation=world.organisation).first()
    return space or twin.make_space(site_of(world))


def below_site(noun: str) -> Address:
    """Return the address of a list that hangs on the site."""
    return lambda world: f"/api/v1/sites/{site_of(world).pk}/{noun}/"


def one_more_edge(world: World) -> Relationship:
    """Join two new spaces."""
    site = site_of(world)
    return twin.make_relationship(twin.make_space(site), twin.make_space(site))


def one_more_version(world: World) -> TemplateVersion:
    """Add a version to the template ``garage``."""
    number = 1 + TemplateVersion.objects.filter(template__key="garage").count()
    return twin.make_version(world.organisation, key="garage", number=number)


def one_more_connection(world: World) -> Connection:
    """Connect another account."""
    fleet = devices.make_fleet(world.organisation)
    fields = {"name": "Account", "auth_method": "api_key"}
    made: Connection = Connection.objects.create(
        organisation=world.organisation, fleet=fleet, **fields
    )
    return made


def connection_of(world: World) -> Connection:
    """Return the one connection of the organisation."""
    found: Connection | None = Connection.objects.first()
    return found or one_more_connection(world)


def one_more_meter(world: World) -> object:
    """Let the connection find another meter, which became a device."""
    device = devices.make_device(world.organisation)
    fields = {"meter_id": uuid7(), "device": device, "seen_at": timezone.now()}
    return connection_of(world).meters.create(device_type_key="test", **fields)


def under_connection(noun: str) -> Address:
    """Return the address of a list under the connection."""
    return lambda world: f"/api/v1/smartme/connections/{connection_of(world).pk}/{noun}/"


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
    "api/v1/audit/": (
        lambda world: factories.make_member(world.organisation, role="viewer"),
        at("audit"),
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
    "api/v1/device-types/": (
        lambda world: devices.make_type(world.organisation),
        at("device-types"),
    ),
    "api/v1/fleets/": (lambda world: devices.make_fleet(world.organisation), at("fleets")),
    "api/v1/assets/": (lambda world: devices.make_asset(world.organisation), at("assets")),
    "api/v1/gateways/": (lambda world: devices.make_gateway(world.organisation), at("gateways")),
    "api/v1/devices/": (lambda world: devices.make_device(world.organisation), at("devices")),
    "api/v1/smartme/connections/": (one_more_connection, at("smartme/connections")),
    "api/v1/smartme/connections/<uuid:id>/meters/": (one_more_meter, under_connection("meters")),
    "api/v1/smartme/connections/<uuid:id>/runs/": (
        lambda world: connection_of(world).runs.create(started_at=timezone.now()),
        under_connection("runs"),
    ),
    "api/v1/sites/<uuid:id>/members/": (
        lambda world: twin.make_site_member(site_of(world), factories.make_user()),
        below_site("members"),
    ),
    "api/v1/spaces/<uuid:id>/occupancies/": (
        lambda world: twin.make_occupancy(space_of(world), factories.make_user()),
        lambda world: f"/api/v1/spaces/{space_of(world).pk}/occupancies/",
    ),
    "api/v1/occupancies/": (
        lambda world: twin.make_occupancy(space_of(world), factories.make_user()),
        at("occupancies"),
    ),
    "api/v1/grants/": (
        lambda world: twin.make_grant(space_of(world), factories.make_user()),
        at("grants"),
    ),
    "api/v1/events/": (no_row, at("events")),
}
