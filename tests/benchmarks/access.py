"""What rights cost: a list of devices for a guest of 3 sites of 10,000, a grant taken away.

``python -m tests.benchmarks.access [devices]``: makes that many devices (1,000,000 unless given),
100 in each site, and one building of 100,000 spaces; drops all of it afterwards.
"""

import sys
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.principals import Principal
from accounts.selectors import find_token
from devices.models import Device
from tests import factories
from tests.benchmarks import scratch
from tests.twin import factories as twin
from twin.models import Grant, Site, Space

DEVICES, PER_SITE, SPACES = 1_000_000, 100, 100_000
PAGE, ROUNDS = 100, 50
LIST_LIMIT_MS, TOKEN_LIMIT_MS = 50.0, 1.0

# Set-wise, since a million calls of the services would take hours; ids are random UUIDs.
SITES_SQL = """
    WITH made AS (SELECT gen_random_uuid() AS id FROM generate_series(1, %(count)s)),
         nodes AS (INSERT INTO twin_node (id, kind, organisation_id)
                   SELECT id, 'site', %(organisation)s FROM made RETURNING id)
    INSERT INTO twin_site (id, created_at, updated_at, organisation_id, name, parameters,
                           time_zone, address)
    SELECT id, now(), now(), %(organisation)s, 'Site', '{}', 'UTC', '{}' FROM nodes
"""
DEVICES_SQL = """
    CREATE TEMPORARY TABLE made AS
    SELECT gen_random_uuid() AS device, gen_random_uuid() AS asset, s.id AS site, n
    FROM twin_site s, generate_series(1, %(each)s) n WHERE s.organisation_id = %(organisation)s;
    INSERT INTO twin_node (id, kind, organisation_id) SELECT asset, 'asset', %(organisation)s
    FROM made;
    INSERT INTO twin_node (id, kind, organisation_id, site_id)
    SELECT device, 'device', %(organisation)s, site FROM made;
    INSERT INTO devices_asset (id, created_at, updated_at, organisation_id, fleet_id, role,
        manufacturer, model, serial, claim_code_digest, status)
    SELECT asset, now(), now(), %(organisation)s, %(fleet)s, 'device', 'Acme', '', asset::text,
        replace(asset::text, '-', ''), 'active' FROM made;
    INSERT INTO devices_device (id, created_at, updated_at, organisation_id, type_id, asset_id,
        fleet_id, site_id, name, reported_name, status, tags)
    SELECT device, now(), now(), %(organisation)s, %(kind)s, asset, %(fleet)s, site, 'Meter', '',
        'unknown', '{}' FROM made;
    DROP TABLE made;
"""
SPACES_SQL = """
    CREATE TEMPORARY TABLE made AS
    SELECT gen_random_uuid() AS id FROM generate_series(1, %(count)s);
    INSERT INTO twin_node (id, kind, organisation_id, site_id)
    SELECT id, 'space', %(organisation)s, %(site)s FROM made;
    INSERT INTO twin_space (id, created_at, updated_at, site_id, organisation_id, parent_id,
        position, path, kind, name, properties, template_key)
    SELECT id, now(), now(), %(site)s, %(organisation)s, %(root)s, 0,
        (%(path)s || '.' || replace(id::text, '-', ''))::ltree, 'room', 'Room', '{}', '' FROM made;
    DROP TABLE made;
"""


def execute(sql: str, **values: Any) -> None:
    """Run the statements."""
    with connection.cursor() as cursor:
        for statement in filter(str.strip, sql.split(";")):
            cursor.execute(statement, values)


def fill(organisation: Organisation, *, devices: int) -> None:
    """Make the sites and their devices."""
    kind = scratch.make_type(points=0)
    fleet = organisation.fleets.create(name="Bench")
    execute(SITES_SQL, count=devices // PER_SITE, organisation=organisation.pk)
    where = {"organisation": organisation.pk, "fleet": fleet.pk, "kind": kind.pk}
    execute(DEVICES_SQL, each=PER_SITE, **where)
    execute("ANALYZE")


def tower(organisation: Organisation) -> Space:
    """Make a building of one root and many rooms and return the root."""
    site = twin.make_site(organisation)
    root = twin.make_space(site)
    values = {"site": site.pk, "root": root.pk, "path": str(root.path)}
    execute(SPACES_SQL, count=SPACES, organisation=organisation.pk, **values)
    execute("ANALYZE twin_space")
    return root


def page(principal: Principal) -> int:
    """List devices as a request does, with the reach worked out anew."""
    principal.memo.clear()
    return len(Device.objects.visible_to(principal).order_by("pk")[: PAGE + 1])


def report(name: str, deed: Callable[[], object], *, limit_ms: float) -> None:
    """Print the median of a deed beside its limit."""
    deed()
    median = scratch.median_s(deed, times=ROUNDS) * 1000
    scratch.say(f"{name}: {median:.2f} ms (< {limit_ms:g} ms)")


def report_lists(organisation: Organisation, user: User) -> None:
    """Print what lists cost: by grants on 3 sites, on 3 flats, for the landlord."""
    sites = list(Site.objects.filter(organisation=organisation).order_by("pk")[:6])
    guest, tenant = factories.make_principal(user=user), factories.make_user()
    for site in sites[:3]:
        twin.make_grant(site, user)
    report("100 devices by grants on 3 sites", lambda: page(guest), limit_ms=LIST_LIMIT_MS)
    for site in sites[3:]:
        flat = twin.make_space(site)
        Device.objects.filter(site=site).update(space=flat)
        twin.make_occupancy(flat, tenant)
    lodger = factories.make_principal(user=tenant)
    report("100 devices by 3 occupancies", lambda: page(lodger), limit_ms=LIST_LIMIT_MS)
    landlord = factories.make_principal(organisation)
    report("100 devices of the landlord", lambda: page(landlord), limit_ms=LIST_LIMIT_MS)


def report_revocation(organisation: Organisation, user: User) -> None:
    """Print what it takes to open 100,000 spaces and to close them again."""
    root = tower(organisation)
    grant = twin.make_grant(root, user)
    inside = Space.objects.visible_to(factories.make_principal(user=user))
    seconds = scratch.timed(inside.count)
    scratch.say(f"spaces seen by a grant at the root: {inside.count():,} in {seconds:.3f} s")
    taken = scratch.timed(lambda: Grant.objects.filter(pk=grant.pk).delete())
    left = Space.objects.visible_to(factories.make_principal(user=user)).count()
    scratch.say(f"grant taken away in {taken * 1000:.1f} ms; {left} spaces are seen after it")


def report_token(organisation: Organisation, user: User) -> None:
    """Print what it costs to know who asks."""
    consent = factories.make_consent(user, factories.make_application(organisation))
    text = factories.make_access_token(consent.application, consent=consent)
    report("token to principal", lambda: find_token(text), limit_ms=TOKEN_LIMIT_MS)


def main(devices: int) -> None:
    """Run the benchmark and print the figures."""
    with scratch.database():
        organisation, user = factories.make_organisation(), factories.make_user()
        start = timezone.now()
        fill(organisation, devices=devices)
        scratch.say(f"{Device.objects.count():,} devices made in {timezone.now() - start}")
        report_lists(organisation, user)
        report_revocation(organisation, user)
        report_token(organisation, user)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else DEVICES)
