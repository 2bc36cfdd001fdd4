"""What the demonstration puts into the platform, by the services that everybody uses.

Each step looks first whether it was done before, so that a second start finds the same building.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from django.db import transaction

from accounts.choices import OrganisationRole
from accounts.models import Application, Organisation, User
from accounts.principals import Principal
from accounts.services.applications import rotate_secret
from accounts.services.bootstrap import bootstrap
from accounts.services.users import find_user
from devices.models import Fleet
from devices.services.devices import update_device
from devices.services.fleets import create_fleet
from integrations.choices import AuthMethod
from integrations.models import Connection, MeterLink
from integrations.smartme.connections import create_connection
from twin.models import Site, Space
from twin.services.sites import create_site

ORGANISATION = "Tilleuls Gestion"
OWNER = "demo@tilleuls.example"
SITE = "Résidence Les Tilleuls"
FLEET = "Meters of Les Tilleuls"
CONNECTION = "smart-me account of Les Tilleuls"
TEMPLATE = "collective-housing@1"
PARAMETERS = {"floors": 4, "flats_per_floor": 4}
ADDRESS = {"street": "12 allée des Tilleuls", "postal_code": "69003", "city": "Lyon"}
FLAT = re.compile(r"(\d+\.\d+)$")
WAY_IN = {
    "name": CONNECTION,
    "api_key": "tilleuls0demo0key0read0only0000a",
    "interval_s": 30,
}


@dataclass(frozen=True)
class Tenant:
    """The organisation of the demonstration, and how to get in."""

    organisation: Organisation
    owner: User
    password: str
    client_id: str
    client_secret: str

    @property
    def principal(self) -> Principal:
        """Act as the owner of the organisation."""
        roles = {self.organisation.pk: OrganisationRole.OWNER}
        return Principal(user_id=self.owner.pk, organisation_roles=roles)


@transaction.atomic
def settle_tenant(*, known_password: str) -> Tenant:
    """Make organisation, owner and client, or find them; the client gets a new secret.

    Args: ``known_password``: what an earlier start gave the owner, if that is known.
    """
    password = known_password or secrets.token_urlsafe(12)
    owner = find_user(email=OWNER)
    application = Application.objects.filter(organisation__b2b_users__user__email=OWNER).first()
    if owner is None or application is None:
        made = bootstrap(organisation_name=ORGANISATION, email=OWNER, password=password)
        owner, application, client_secret = made.owner, made.application, made.client_secret
    else:
        client_secret = rotate_secret(application=application)
    _let_into_admin(owner, password)
    return Tenant(
        organisation=application.organisation,
        owner=owner,
        password=password,
        client_id=application.client_id,
        client_secret=client_secret,
    )


def _let_into_admin(owner: User, password: str) -> None:
    if not owner.check_password(password):
        owner.set_password(password)
    owner.is_staff = owner.is_superuser = True
    owner.save(update_fields=["password", "is_staff", "is_superuser", "updated_at"])


def settle_site(tenant: Tenant) -> Site:
    """Build the house from its template, or find it."""
    found = Site.objects.filter(organisation=tenant.organisation, name=SITE).first()
    if found is not None:
        return found
    site, _ = create_site(
        principal=tenant.principal,
        name=SITE,
        organisation=tenant.organisation.pk,
        template=TEMPLATE,
        parameters=PARAMETERS,
        time_zone="Europe/Paris",
        address=ADDRESS,
    )
    return site


def settle_connection(tenant: Tenant, site: Site) -> Connection:
    """Connect the house's account at the local smart-me cloud, or find the connection."""
    organisation = tenant.organisation
    found = Connection.objects.filter(organisation=organisation, name=CONNECTION).first()
    if found is not None:
        return found
    fleet = Fleet.objects.filter(organisation=organisation, name=FLEET).first()
    fleet = fleet or create_fleet(organisation_id=organisation.pk, name=FLEET)
    return create_connection(fleet=fleet, site=site, auth_method=AuthMethod.API_KEY, fields=WAY_IN)


def place_meters(connection: Connection, site: Site) -> int:
    """Put each meter named after a flat into that flat; return how many were moved."""
    flats = Space.objects.filter(site=site, kind="flat")
    flat_of = {match[1]: flat for flat in flats if (match := FLAT.search(flat.name))}
    links = MeterLink.objects.filter(connection=connection, device__space=None)
    moved = 0
    for link in links.select_related("device"):
        match = FLAT.search(link.reported_name)
        if link.device is not None and match and match[1] in flat_of:
            update_device(device=link.device, changes={"space": flat_of[match[1]]})
            moved += 1
    return moved
