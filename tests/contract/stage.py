"""Who asks and what they ask for: the people and things of the permission matrix.

One building of an organisation with two flats, and one private home. Everybody has one reason for
what they may do, and nobody two.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from accounts.choices import ApplicationKind
from accounts.models import AuditEntry, Consent, User
from tests import factories
from tests.contract.things import KIND, LONG_AGO, MOVED_OUT, Things, client_of, client_with
from tests.devices import factories as devices
from tests.integrations.smartme.factories import make_backfill, make_connection
from tests.twin import factories as twin
from tests.twin.definitions.documents import car_park
from twin.choices import SiteRole
from twin.models import Upgrade


class Building(Things):
    """A building of an organisation, and what else the organisation has."""

    def __init__(self) -> None:
        self.organisation = factories.make_organisation(name="Tilleuls Gestion")
        super().__init__(twin.make_site(self.organisation))
        self.owner = factories.make_member(self.organisation, role="owner")
        self.application = factories.make_application(self.organisation)
        self.connection = make_connection(devices.make_fleet(self.organisation))
        self.connection.authorizations.create(
            grant="device_code",
            scope="device.read",
            state=str(self.connection.pk),
            expires_at=timezone.now(),
        )
        self.kind = devices.make_type(self.organisation)
        self.fleet = devices.make_fleet(self.organisation)
        self.asset = devices.make_asset(self.organisation)
        place = {"site": self.site, "space": self.flat}
        self.gateway = devices.make_gateway(self.organisation, **place)
        self.backfill = make_backfill(self.connection)
        self.bulk_import = devices.make_import(self.organisation)
        self.version = twin.make_version(self.organisation, key="garage")
        self.upgrade = Upgrade.objects.create(
            organisation=self.organisation, template_version=self.version
        )
        self.upgrade.items.create(
            organisation=self.organisation, site=self.site, status="conflicts"
        )
        self.device = devices.make_device(
            self.organisation, type=self.kind, gateway=self.gateway, **place
        )
        meter = devices.make_device(self.organisation, type=self.kind, **place)
        self.assignment = devices.make_assignment(self.metering_point, meter, since=LONG_AGO)
        # What is silent, keepers are to know, also in a flat that somebody lives in.
        silence = {"condition": "silence", "period_s": 3600}
        self.rule = devices.make_rule(self.device, **silence)
        self.alarm = devices.make_alarm(self.device, self.rule, is_measured=False, value=None)
        own = factories.make_application(self.organisation, kind=ApplicationKind.GATEWAY)
        self.gateway.application = self.box = own
        self.gateway.save()
        self.command = devices.make_command(self.device)
        self.batch = devices.make_batch(self.organisation)

    @cached_property
    def ids(self) -> dict[str, Any]:
        """Return the id for each noun's place in a path."""
        entry = AuditEntry.objects.filter(object_id=str(self.application.pk)).latest("pk")
        return {
            **super().ids,
            "organisations": self.organisation.pk,
            "member": self.organisation.b2b_users.get(user=self.owner).pk,
            "applications": self.application.pk,
            "connections": self.connection.pk,
            "backfill": self.backfill.pk,
            "audit": entry.pk,
            "device-types": self.kind.pk,
            "fleets": self.fleet.pk,
            "assets": self.asset.pk,
            "devices": self.device.pk,
            "alarm-rules": self.rule.pk,
            "alarms": self.alarm.pk,
            "gateways": self.gateway.pk,
            "commands": self.command.pk,
            "command-batches": self.batch.pk,
            "imports": self.bulk_import.pk,
            "consents": Consent.objects.filter(user=self.owner).latest("pk").pk,
            "upgrades": self.upgrade.pk,
            "assignment": self.assignment.pk,
            "key": "garage",
            "number": 1,
        }

    @property
    def bodies(self) -> dict[str, Any]:
        """Return a body that the call accepts, by method and path."""
        mine = {"organisation": self.organisation.pk}
        document = car_park() | {"key": "car-park-2"}
        asset = {"fleet": self.fleet.pk, "manufacturer": "Acme", "serial": "1", "role": "device"}
        point = {"point": "active_power", "time": "2026-01-01T00:00:00Z", "value": 1}
        reading = {"device": self.device.pk, **point}
        return {
            **super().bodies,
            **self._bodies_of_alarms,
            **self._bodies_of_smartme,
            "POST sites/": {"name": "New", **mine},
            "POST applications/": {"name": "New", **mine},
            "POST templates/": {"definition": document, **mine},
            "POST templates/<slug:key>/versions/": {"definition": car_park() | {"key": "garage"}},
            "POST organisations/<uuid:id>/members/": {"email": "n@example.org", "role": "viewer"},
            "PATCH organisations/<uuid:id>/members/<uuid:member>/": {"role": "owner"},
            "PATCH templates/<slug:key>/versions/<int:number>/": {"status": "deprecated"},
            "POST fleets/": {"name": "New", **mine},
            "POST imports/": {"rows": [{"type": "site", "name": "New"}], **mine},
            "POST imports/<uuid:id>/apply/": {"mode": "rows"},
            "POST upgrades/<uuid:id>/settle/": {"choices": {"*": "keep-local"}},
            "POST upgrades/": {"template": "garage@1", "sites": [self.site.pk], **mine},
            "POST device-types/": {"key": "pump", **KIND, **mine},
            "POST device-types/import/": {"key": "pump", "model": "Pump", **KIND},
            "POST assets/": asset,
            "POST assets/bulk/": {"assets": [asset]},
            "POST assets/labels/": {"assets": [self.asset.pk]},
            "POST command-batches/": {"target": {"site": self.site.pk}, "action": "switch"},
            "POST devices/<uuid:id>/commands/": {"action": "switch"},
            "POST gateways/<uuid:id>/commands/fetch/": {"limit": 1},
            "POST commands/<uuid:id>/status/": {"status": "acknowledged"},
            "PATCH assets/<uuid:id>/": {"status": "suspended"},
            "POST devices/": {"asset": self.asset.pk, "type": self.kind.key, "name": "New"},
            "PATCH devices/<uuid:id>/state/": {"points": {"mode": "eco"}},
            "POST readings/": {"readings": [reading]},
            "PATCH metering-points/<uuid:id>/assignments/<uuid:assignment>/": {"factor": 2},
            "POST metering-points/<uuid:id>/assignments/": {
                "device": self.device.pk,
                "point": "active_energy_import",
                "from": "2026-01-01T00:00:00Z",
            },
        }

    @property
    def _bodies_of_alarms(self) -> dict[str, Any]:
        what = {"name": "New", "condition": "silence", "period_s": 3600}
        silence = {"scope": "space", "target": self.flat.pk, **what}
        return {
            "POST alarm-rules/": silence,
            "POST alarm-rules/preview/": silence,
            "PATCH alarm-rules/<uuid:id>/": {"name": "New"},
            "POST alarms/<uuid:id>/acknowledge/": {"comment": "On the way."},
        }

    @property
    def _bodies_of_smartme(self) -> dict[str, Any]:
        return {
            "POST smartme/connections/<uuid:id>/authorize/": {"grant": "device_code"},
            "PATCH smartme/connections/<uuid:id>/realtime/": {"meters": []},
            "POST smartme/connections/": {
                "name": "New",
                "fleet": self.connection.fleet_id,
                "auth_method": "api_key",
                "api_key": "key",
            },
            "POST smartme/connections/<uuid:id>/backfills/": {"from": "2026-01-01T00:00:00Z"},
        }

    def clients(self) -> dict[str, APIClient]:
        """Return a client for everybody who has, or had, or never had to do with the building."""
        staff = {
            role: client_of(factories.make_member(self.organisation, role=role))
            for role in ("viewer", "operator", "admin")
        }
        elsewhere = factories.make_organisation()
        return {
            "stranger": client_of(factories.make_member(elsewhere, role="owner")),
            **staff,
            "owner": client_of(self.owner),
            "app": client_with(factories.make_access_token(self.application)),
            "gateway": client_with(factories.make_access_token(self.box)),
            "cut": client_of(factories.make_member(self.organisation, role="owner"), self.flat),
            **{name: client_of(self._person(make)) for name, make in self._rights().items()},
        }

    def _rights(self) -> dict[str, Callable[[User], Any]]:
        long_ago, moved_out = LONG_AGO, MOVED_OUT
        return {
            "member": lambda user: twin.make_site_member(self.site, user),
            "occupant": lambda user: twin.make_occupancy(self.flat, user),
            "former": lambda user: twin.make_occupancy(
                self.flat, user, since=long_ago, until=moved_out
            ),
            "visitor": lambda user: twin.make_grant(self.flat, user, role="viewer"),
            "installer": lambda user: twin.make_grant(self.flat, user, role="operator"),
        }

    @staticmethod
    def _person(make: Callable[[User], Any]) -> User:
        user = factories.make_b2c_user()
        make(user)
        return user


class Home(Things):
    """A private home."""

    def __init__(self) -> None:
        self.owner = factories.make_b2c_user()
        super().__init__(twin.make_home(self.owner))

    def clients(self) -> dict[str, APIClient]:
        """Return a client for everybody at home, and for a landlord who has no business there."""
        landlord = factories.make_member(factories.make_organisation(), role="owner")
        people = {"landlord": client_of(landlord), "owner": client_of(self.owner)}
        for role in (SiteRole.RESIDENT, SiteRole.GUEST):
            person = factories.make_b2c_user()
            twin.make_site_member(self.site, person, role=role)
            people[role.value] = client_of(person)
        # Consented to one other home of theirs, not to this one.
        elsewhere = twin.make_home(self.owner, name="Cabin")
        people["cut"] = client_of(self.owner, self.flat)
        people["cut_away"] = client_of(self.owner, elsewhere)
        return people
