"""Who asks and what they ask for: the people and things of the permission matrix.

One building of an organisation with two flats, and one private home. Everybody has one reason for
what they may do, and nobody two.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Consent, User
from tests import factories
from tests.devices import factories as devices
from tests.integrations.smartme.factories import make_connection
from tests.twin import factories as twin
from tests.twin.definitions.documents import car_park
from twin.choices import SiteRole
from twin.models import ConsentNode, NodeModel, Site

NOBODY = "01900000-0000-7000-8000-000000000000"
LONG_AGO = timezone.now() - timedelta(days=400)
MOVED_OUT = timezone.now() - timedelta(days=30)


def client_with(token: str) -> APIClient:
    """Return a client that sends the token."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def client_of(user: User, *nodes: NodeModel) -> APIClient:
    """Return the client of an application to which the user consents, for these nodes if given."""
    application = factories.make_application(factories.make_organisation())
    consent = factories.make_consent(user, application, is_limited=bool(nodes))
    for node in nodes:
        ConsentNode.objects.create(consent=consent, node_id=node.pk)
    return client_with(factories.make_access_token(application, consent=consent))


class Things:
    """What is asked for: a site with its inside."""

    def __init__(self, site: Site) -> None:
        self.site = site
        house = twin.make_space(site, name="House")
        self.flat = twin.make_space(site, house, name="Flat")
        self.room = twin.make_space(site, self.flat, name="Room")
        twin.make_space(site, house, name="Other flat")
        self.view = twin.make_view(site, self.flat)
        self.edge = twin.make_relationship(self.room, self.flat)
        # Somebody else's access, which the others ask about and may or may not change.
        person = factories.make_b2c_user()
        self.member = twin.make_site_member(site, person)
        self.grant = twin.make_grant(self.flat, person)
        self.occupancy = twin.make_occupancy(self.flat, person)

    @cached_property
    def ids(self) -> dict[str, Any]:
        """Return the id for each noun's place in a path."""
        things = {
            "sites": self.site,
            "spaces": self.flat,
            "views": self.view,
            "relationships": self.edge,
            "node": self.flat,
            "sites.member": self.member,
            "grants": self.grant,
            "occupancies": self.occupancy,
        }
        return {noun: thing.pk for noun, thing in things.items()}

    @property
    def bodies(self) -> dict[str, dict[str, Any]]:
        """Return a body that the call accepts, by method and path."""
        room = {"site": self.site.pk, "parent": self.flat.pk, "kind": "room", "name": "Bath"}
        edge = {"source": self.flat.pk, "target": self.room.pk, "kind": "feeds"}
        newcomer = {"email": "newcomer@example.org"}
        question = {"subject": {"user": NOBODY}, "action": "sites:read", "object": self.flat.pk}
        return {
            "POST spaces/": room,
            "POST views/": {"site": self.site.pk, "name": "Heat"},
            "POST relationships/": edge,
            "POST views/<uuid:id>/members/": {"nodes": [self.room.pk]},
            "POST sites/<uuid:id>/members/": {**newcomer, "role": "guest"},
            "PATCH sites/<uuid:id>/members/<uuid:member>/": {"role": "guest"},
            "PATCH sites/<uuid:id>/policy/": {"occupied_view": "1d"},
            "POST sites/<uuid:id>/transfer/": {"user": self.member.user_id},
            "POST spaces/<uuid:id>/occupancies/": newcomer,
            "POST occupancies/<uuid:id>/end/": {},
            "POST grants/": {**newcomer, "node": self.flat.pk, "role": "viewer"},
            "POST access/explain/": question,
            "GET access/who/": {"node": self.flat.pk},
        }


class Building(Things):
    """A building of an organisation, and what else the organisation has."""

    def __init__(self) -> None:
        self.organisation = factories.make_organisation(name="Tilleuls Gestion")
        super().__init__(twin.make_site(self.organisation))
        self.owner = factories.make_member(self.organisation, role="owner")
        self.application = factories.make_application(self.organisation)
        self.connection = make_connection(devices.make_fleet(self.organisation))
        self.kind = devices.make_type(self.organisation)
        self.fleet = devices.make_fleet(self.organisation)
        self.asset = devices.make_asset(self.organisation)
        place = {"site": self.site, "space": self.flat}
        self.device = devices.make_device(self.organisation, type=self.kind, **place)
        self.gateway = devices.make_gateway(self.organisation, **place)
        twin.make_version(self.organisation, key="garage")

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
            "audit": entry.pk,
            "device-types": self.kind.pk,
            "fleets": self.fleet.pk,
            "assets": self.asset.pk,
            "devices": self.device.pk,
            "gateways": self.gateway.pk,
            "consents": Consent.objects.filter(user=self.owner).latest("pk").pk,
            "key": "garage",
            "number": 1,
        }

    @property
    def bodies(self) -> dict[str, dict[str, Any]]:
        """Return a body that the call accepts, by method and path."""
        mine = {"organisation": self.organisation.pk}
        document = car_park() | {"key": "car-park-2"}
        asset = {"fleet": self.fleet.pk, "manufacturer": "Acme", "serial": "1", "role": "device"}
        point = {"point": "active_power", "time": "2026-01-01T00:00:00Z", "value": 1}
        reading = {"device": self.device.pk, **point}
        return {
            **super().bodies,
            "POST sites/": {"name": "New", **mine},
            "POST applications/": {"name": "New", **mine},
            "POST templates/": {"definition": document, **mine},
            "POST templates/<slug:key>/versions/": {"definition": car_park() | {"key": "garage"}},
            "POST organisations/<uuid:id>/members/": {"email": "n@example.org", "role": "viewer"},
            "PATCH organisations/<uuid:id>/members/<uuid:member>/": {"role": "owner"},
            "PATCH templates/<slug:key>/versions/<int:number>/": {"status": "deprecated"},
            "POST fleets/": {"name": "New", **mine},
            "POST assets/": asset,
            "POST assets/bulk/": {"assets": [asset]},
            "PATCH assets/<uuid:id>/": {"status": "suspended"},
            "POST devices/": {"asset": self.asset.pk, "type": self.kind.key, "name": "New"},
            "POST readings/": {"readings": [reading]},
            "POST smartme/connections/": {
                "name": "New",
                "fleet": self.connection.fleet_id,
                "auth_method": "api_key",
                "api_key": "key",
            },
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
