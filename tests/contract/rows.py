"""How to make one more row of each list, and where the list stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Application, Consent, Organisation, User
from config.lib.ids import uuid7
from devices.models import (
    Assignment,
    BulkImport,
    Device,
    DeviceType,
    DeviceTypeVersion,
    MeteringPoint,
    Restatement,
)
from integrations.models import Connection
from tests import factories
from tests.devices import factories as devices
from tests.twin import factories as twin
from twin.models import (
    ConsentNode,
    Occupancy,
    Relationship,
    Site,
    Space,
    TemplateVersion,
    Upgrade,
    View,
)


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
    """Let alice consent to another application, for one space alone."""
    application: Application = factories.make_application(factories.make_organisation())
    consent = factories.make_consent(world.alice, application, is_limited=True)
    ConsentNode.objects.create(consent=consent, node_id=space_of(world).pk)
    return consent


def site_of(world: World) -> Site:
    """Return the one site of the organisation."""
    site: Site | None = Site.objects.filter(organisation=world.organisation).first()
    return site or twin.make_site(world.organisation)


def space_of(world: World) -> Space:
    """Return the first space of the organisation's site."""
    space: Space | None = Space.objects.filter(organisation=world.organisation).first()
    return space or twin.make_space(site_of(world))


def view_of(world: World) -> View:
    """Return the view of everything in the organisation's site."""
    view: View | None = View.objects.first()
    rule = {"any": [{"kinds": ["room"]}, {"status": ["unknown"]}]}
    return view or twin.make_view(site_of(world), rule=rule)


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


def one_more_backfill(world: World) -> object:
    """Have the past of another meter fetched."""
    meter: Any = one_more_meter(world)
    until = timezone.now()
    span = {"since": until - timedelta(days=1), "until": until, "reached": until}
    return connection_of(world).backfills.create(meter=meter, cause="request", **span)


def under_connection(noun: str) -> Address:
    """Return the address of a list under the connection."""
    return lambda world: f"/api/v1/smartme/connections/{connection_of(world).pk}/{noun}/"


def commanded(world: World) -> Device:
    """Return the one device that is commanded, behind a gateway."""
    found: Device | None = Device.objects.filter(gateway__isnull=False).first()
    gateway = (found and found.gateway) or devices.make_gateway(world.organisation)
    return found or devices.make_device(world.organisation, gateway=gateway)


def one_more_command(world: World) -> object:
    """Ask the device for something else."""
    return devices.make_command(commanded(world))


def kind_of(world: World) -> DeviceType:
    """Return the one type of the organisation."""
    found: DeviceType | None = DeviceType.objects.filter(organisation=world.organisation).first()
    return found or devices.make_type(world.organisation)


def one_more_type_version(world: World) -> object:
    """Publish the type once more."""
    kind = kind_of(world)
    number = 1 + kind.versions.count()
    return DeviceTypeVersion.objects.create(device_type=kind, number=number, document={})


def import_of(world: World) -> BulkImport:
    """Return the one import of the organisation."""
    found: BulkImport | None = BulkImport.objects.first()
    return found or devices.make_import(world.organisation)


def one_more_upgrade(world: World) -> Upgrade:
    """Upgrade another site."""
    number = 1 + TemplateVersion.objects.filter(template__key="depot").count()
    version = twin.make_version(world.organisation, key="depot", number=number)
    upgrade: Upgrade = Upgrade.objects.create(
        organisation=world.organisation, template_version=version
    )
    upgrade.items.create(organisation=world.organisation, site=site_of(world))
    return upgrade


def upgrade_of(world: World) -> Upgrade:
    """Return the one upgrade of the organisation."""
    found: Upgrade | None = Upgrade.objects.first()
    return found or one_more_upgrade(world)


def home_of(world: World) -> Occupancy:
    """Return where alice lives."""
    found: Occupancy | None = Occupancy.objects.filter(user=world.alice).first()
    return found or twin.make_occupancy(space_of(world), world.alice)


def one_more_at_home(world: World) -> object:
    """Put another device where alice lives."""
    return devices.make_device(world.organisation, space=home_of(world).space)


def at_home(world: World) -> str:
    """Return the address of what stood where alice lives."""
    return f"/api/v1/occupancies/{home_of(world).pk}/devices/"


def point_of(world: World) -> MeteringPoint:
    """Return the one metering point of the organisation's site."""
    found: MeteringPoint | None = MeteringPoint.objects.order_by("pk").first()
    return found or devices.make_metering_point(site=site_of(world))


def one_more_fed_point(world: World) -> MeteringPoint:
    """Make a metering point with a meter of its own."""
    made = devices.make_metering_point(site=site_of(world))
    device = devices.make_device(world.organisation, site=site_of(world))
    devices.make_assignment(made, device, since=timezone.now())
    return made


def one_more_assignment(world: World) -> Assignment:
    """Let another meter feed the metering point from now on."""
    device = devices.make_device(world.organisation, site=site_of(world))
    return devices.make_assignment(point_of(world), device, since=timezone.now())


def one_more_restatement(world: World) -> Restatement:
    """Let another closed day of the metering point be another one."""
    day = {"start": timezone.now(), "end": timezone.now() + timedelta(days=1)}
    fields = {"interval": "1d", **day, "before": 1.0, "after": 2.0, "reason": "readings"}
    return Restatement.objects.create(metering_point=point_of(world), **fields)


def no_row(world: World) -> None:
    """Make nothing: an event shows only once the transaction that wrote it has ended."""
