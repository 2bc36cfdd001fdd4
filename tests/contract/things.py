"""What is asked for in the permission matrix, and clients to ask with."""

from datetime import timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Organisation, User
from devices.services.assets import Declaration, declare_asset
from tests import factories
from tests.devices import factories as devices
from tests.twin import factories as twin
from twin.models import ConsentNode, NodeModel, Site
from twin.services.planning import Wish, make_plan

SPEC = {"spaces": [{"kind": "shed", "name": "Shed"}]}
MODEL = "<urn:house> a <https://brickschema.org/schema/Brick#Building> ."
PERIOD = {"start": "2026-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}
POINT = {"key": "speed", "name": "Speed", "kind": "status", "value_type": "number", "unit": "%"}
KIND = {"name": "Pump", "category": "pump", "points": [{**POINT, "nature": "gauge"}]}
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


def label_of(organisation: Organisation) -> dict[str, str]:
    """Declare a device and return what stands on its label, with a type of the catalogue."""
    fleet = devices.make_fleet(organisation)
    asset, code = declare_asset(Declaration(fleet=fleet, manufacturer="Acme", serial="0042"))
    return {"serial": asset.serial, "claim_code": code, "type": devices.make_type().key}


class Things:
    """What is asked for: a site with its inside."""

    def __init__(self, site: Site) -> None:
        self.site = site
        house = twin.make_space(site, name="House")
        self.flat = twin.make_space(site, house, name="Flat")
        self.room = twin.make_space(site, self.flat, name="Room")
        self.other_flat = twin.make_space(site, house, name="Other flat")
        self.view = twin.make_view(site, self.flat)
        self.edge = twin.make_relationship(self.room, self.flat)
        # Somebody else's access, which the others ask about and may or may not change.
        person = factories.make_b2c_user()
        self.member = twin.make_site_member(site, person)
        self.grant = twin.make_grant(self.flat, person)
        self.occupancy = twin.make_occupancy(self.flat, person)
        self.plan = make_plan(site, Wish(spec=SPEC))
        self.label = label_of(site.organisation or factories.make_organisation())
        self.metering_point = devices.make_metering_point(space=self.flat)

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
            "plans": self.plan,
            "metering-points": self.metering_point,
        }
        return {noun: thing.pk for noun, thing in things.items()}

    @property
    def bodies(self) -> dict[str, Any]:
        """Return a body that the call accepts, by method and path."""
        room = {"site": self.site.pk, "parent": self.flat.pk, "kind": "room", "name": "Bath"}
        edge = {"source": self.flat.pk, "target": self.room.pk, "kind": "feeds"}
        newcomer = {"email": "newcomer@example.org"}
        question = {"subject": {"user": NOBODY}, "action": "sites:read", "object": self.flat.pk}
        return {
            "POST spaces/": room,
            "POST spaces/<uuid:id>/merge/": {"into": self.other_flat.pk},
            "POST spaces/<uuid:id>/split/": {"name": "Half"},
            "POST views/": {"site": self.site.pk, "name": "Heat"},
            "POST relationships/": edge,
            "POST metering-points/": {
                "name": "New",
                "medium": "heat",
                "space": self.flat.pk,
            },
            "POST views/<uuid:id>/members/": {"nodes": [self.room.pk]},
            "POST sites/<uuid:id>/members/": {**newcomer, "role": "guest"},
            "PATCH sites/<uuid:id>/members/<uuid:member>/": {"role": "guest"},
            "PATCH sites/<uuid:id>/policy/": {"occupied_view": "1d"},
            "POST sites/<uuid:id>/transfer/": {"user": self.member.user_id},
            "POST spaces/<uuid:id>/occupancies/": newcomer,
            "POST occupancies/<uuid:id>/end/": {},
            "POST grants/": {**newcomer, "node": self.flat.pk, "role": "viewer"},
            "POST access/explain/": question,
            "POST devices/claim/": {**self.label, "space": self.flat.pk},
            "POST sites/<uuid:id>/plans/": {"spec": SPEC},
            "POST sites/<uuid:id>/plans/brick/": MODEL,
            "POST plans/<uuid:id>/apply/": {},
            "POST plans/<uuid:id>/undo/": {},
            "GET access/who/": {"node": self.flat.pk},
            "PATCH consents/<uuid:id>/": {"resolution": "1mo"},
            "GET views/<uuid:id>/explain/": {"node": self.flat.pk},
            "PATCH organisations/<uuid:id>/retention/": {"measurement": 400},
            "POST organisations/<uuid:id>/retention/preview/": {"measurement": 400},
            **{
                f"GET {noun}/<uuid:id>/readings/export/": PERIOD
                for noun in ("devices", "sites", "fleets", "organisations")
            },
            **{
                f"GET {noun}/<uuid:id>/readings/": {"point": "active_power"}
                for noun in ("sites", "spaces", "views", "fleets")
            },
        }
