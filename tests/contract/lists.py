"""How to make one more row of each list: the table that the query counts are taken over."""

from django.utils import timezone

from config.lib.ids import uuid7
from tests import factories
from tests.contract.rows import (
    Address,
    Make,
    at,
    at_home,
    below_site,
    commanded,
    connection_of,
    import_of,
    kind_of,
    no_row,
    one_more_assignment,
    one_more_at_home,
    one_more_backfill,
    one_more_command,
    one_more_connection,
    one_more_consent,
    one_more_edge,
    one_more_fed_point,
    one_more_meter,
    one_more_organisation,
    one_more_restatement,
    one_more_type_version,
    one_more_upgrade,
    one_more_version,
    point_of,
    site_of,
    space_of,
    under_connection,
    upgrade_of,
    view_of,
)
from tests.devices import factories as devices
from tests.twin import factories as twin
from twin.services.planning import Wish, make_plan

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
    "api/v1/device-types/<uuid:id>/versions/": (
        one_more_type_version,
        lambda world: f"/api/v1/device-types/{kind_of(world).pk}/versions/",
    ),
    "api/v1/fleets/": (lambda world: devices.make_fleet(world.organisation), at("fleets")),
    "api/v1/assets/": (lambda world: devices.make_asset(world.organisation), at("assets")),
    "api/v1/gateways/": (lambda world: devices.make_gateway(world.organisation), at("gateways")),
    "api/v1/imports/": (lambda world: devices.make_import(world.organisation), at("imports")),
    "api/v1/imports/<uuid:id>/rows/": (
        lambda world: devices.make_import_row(import_of(world)),
        lambda world: f"/api/v1/imports/{import_of(world).pk}/rows/",
    ),
    "api/v1/command-batches/": (
        lambda world: devices.make_batch(world.organisation),
        at("command-batches"),
    ),
    "api/v1/commands/": (one_more_command, at("commands")),
    "api/v1/devices/<uuid:id>/commands/": (
        one_more_command,
        lambda world: f"/api/v1/devices/{commanded(world).pk}/commands/",
    ),
    "api/v1/gateways/<uuid:id>/commands/": (
        one_more_command,
        lambda world: f"/api/v1/gateways/{commanded(world).gateway_id}/commands/",
    ),
    "api/v1/devices/": (lambda world: devices.make_device(world.organisation), at("devices")),
    "api/v1/metering-points/": (one_more_fed_point, at("metering-points")),
    "api/v1/metering-points/consumption/": (one_more_fed_point, at("metering-points/consumption")),
    "api/v1/metering-points/<uuid:id>/assignments/": (
        one_more_assignment,
        lambda world: f"/api/v1/metering-points/{point_of(world).pk}/assignments/",
    ),
    "api/v1/alarm-rules/": (
        lambda world: devices.make_rule(
            devices.make_fleet(world.organisation), condition="silence", period_s=3600
        ),
        at("alarm-rules"),
    ),
    "api/v1/alarms/": (
        lambda world: devices.make_alarm(devices.make_device(world.organisation)),
        at("alarms"),
    ),
    "api/v1/metering-points/<uuid:id>/restatements/": (
        one_more_restatement,
        lambda world: f"/api/v1/metering-points/{point_of(world).pk}/restatements/",
    ),
    "api/v1/smartme/connections/": (one_more_connection, at("smartme/connections")),
    "api/v1/smartme/connections/<uuid:id>/meters/": (one_more_meter, under_connection("meters")),
    "api/v1/smartme/connections/<uuid:id>/backfills/": (
        one_more_backfill,
        under_connection("backfills"),
    ),
    "api/v1/smartme/connections/<uuid:id>/runs/": (
        lambda world: connection_of(world).runs.create(started_at=timezone.now()),
        under_connection("runs"),
    ),
    "api/v1/sites/<uuid:id>/members/": (
        lambda world: twin.make_site_member(site_of(world), factories.make_user()),
        below_site("members"),
    ),
    "api/v1/views/<uuid:id>/spaces/": (
        lambda world: (view_of(world), twin.make_space(site_of(world))),
        lambda world: f"/api/v1/views/{view_of(world).pk}/spaces/",
    ),
    "api/v1/views/<uuid:id>/devices/": (
        lambda world: devices.make_device(world.organisation, site=view_of(world).site),
        lambda world: f"/api/v1/views/{view_of(world).pk}/devices/",
    ),
    "api/v1/spaces/<uuid:id>/occupancies/": (
        lambda world: twin.make_occupancy(space_of(world), factories.make_user()),
        lambda world: f"/api/v1/spaces/{space_of(world).pk}/occupancies/",
    ),
    "api/v1/occupancies/": (
        lambda world: twin.make_occupancy(space_of(world), factories.make_user()),
        at("occupancies"),
    ),
    "api/v1/occupancies/<uuid:id>/devices/": (one_more_at_home, at_home),
    "api/v1/grants/": (
        lambda world: twin.make_grant(space_of(world), factories.make_user()),
        at("grants"),
    ),
    "api/v1/sites/<uuid:id>/plans/": (
        lambda world: make_plan(site_of(world), Wish(spec={"spaces": []})),
        below_site("plans"),
    ),
    "api/v1/upgrades/": (one_more_upgrade, at("upgrades")),
    "api/v1/upgrades/<uuid:id>/sites/": (
        lambda world: upgrade_of(world).items.create(
            organisation=world.organisation, site=twin.make_site(world.organisation)
        ),
        lambda world: f"/api/v1/upgrades/{upgrade_of(world).pk}/sites/",
    ),
    "api/v1/drift/": (lambda world: twin.make_site(world.organisation), at("drift")),
    "api/v1/events/": (no_row, at("events")),
}
