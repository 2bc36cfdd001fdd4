"""Views of 100 by rule over HTTP, in databases of 100,000 and of 1,000,000 spaces and devices.

``python -m tests.benchmarks.views [small] [large]``: thousands of spaces, and as many devices, in
each of the two databases, 100 and 1,000 unless given. Each site has 1,000 of both.
"""

import statistics
import sys
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import httpx
from django.db import connection

from accounts.models import Organisation
from devices.models import Device, DeviceType, Fleet
from tests.benchmarks import scratch
from tests.benchmarks.server import serving
from tests.factories import make_application, make_organisation
from tests.twin.factories import make_node
from twin.choices import NodeKind
from twin.models import Site, Space, View
from twin.selectors.view_contents import contents_of
from twin.services.sites import build_site

ROUNDS, P95_LIMIT_MS, RATIO_LIMIT = 60, 50, 2.0
PER_SITE, RARE = 1_000, 100
TREE = """
    CREATE TEMP TABLE tree ON COMMIT DROP AS
    SELECT next_id() AS id, next_id() AS device, next_id() AS asset, n,
        row_number() OVER (ORDER BY random()) AS lot
    FROM generate_series(0, %(count)s - 1) n
"""
NODES = """
    INSERT INTO twin_node (id, kind, site_id, organisation_id)
    SELECT id, 'space', %(site)s::uuid, %(organisation)s::uuid FROM tree
    UNION ALL SELECT device, 'device', %(site)s, %(organisation)s FROM tree
    UNION ALL SELECT asset, 'asset', NULL, %(organisation)s FROM tree
"""
# One building, ten floors, and flats on them.
SPACES = """
    INSERT INTO twin_space (id, created_at, updated_at, site_id, organisation_id, parent_id,
        position, path, kind, name, properties, template_key)
    SELECT t.id, now(), now(), %(site)s, %(organisation)s, coalesce(f.id, b.id), t.n,
        text2ltree(concat_ws('.', replace(b.id::text, '-', ''), replace(f.id::text, '-', ''),
            replace(t.id::text, '-', ''))),
        CASE WHEN t.n = 0 THEN 'building' WHEN t.n <= 10 THEN 'floor'
            WHEN t.lot <= %(rare)s THEN 'plant-room' ELSE 'flat' END,
        'Space ' || t.n, CASE WHEN t.lot <= %(rare)s THEN '{"let": true}' ELSE '{}' END::jsonb, ''
    FROM tree t
    LEFT JOIN tree b ON b.n = 0 AND t.n > 0
    LEFT JOIN tree f ON f.n = 1 + t.n %% 10 AND t.n > 10
"""
ASSETS = """
    INSERT INTO devices_asset (id, created_at, updated_at, organisation_id, fleet_id, role,
        manufacturer, model, serial, claim_code_digest, status)
    SELECT asset, now(), now(), %(organisation)s, %(fleet)s, 'device', 'Bench', '', asset::text,
        asset::text, 'active'
    FROM tree
"""
DEVICES = """
    INSERT INTO devices_device (id, created_at, updated_at, organisation_id, type_id, asset_id,
        fleet_id, site_id, space_id, name, reported_name, status, tags)
    SELECT device, now(), now(), %(organisation)s,
        CASE WHEN lot <= %(rare)s THEN %(scarce)s ELSE %(common)s END::uuid, asset, %(fleet)s,
        %(site)s, id, 'Meter ' || n, '', 'unknown',
        CASE WHEN lot <= %(rare)s THEN '{"bench": "yes"}' ELSE '{"system": "heat"}' END::jsonb
    FROM tree
"""
STEPS = (TREE, NODES, SPACES, ASSETS, DEVICES)


class World:
    """One organisation with everything in it, and its types: a common and a scarce one."""

    def __init__(self) -> None:
        self.organisation: Organisation = make_organisation()
        self.fleet = Fleet.objects.create(organisation=self.organisation, name="Bench")
        self.types = {
            name: DeviceType.objects.create(key=name, name=name, category=name)
            for name in ("common", "scarce")
        }
        self.sites: list[Site] = []

    def grow(self, sites: int) -> None:
        """Add sites until there are so many; the first ten hold all the rare things."""
        while len(self.sites) < sites:
            self.add(rare=10 if len(self.sites) < RARE // 10 else 0)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE twin_node, twin_space, devices_asset, devices_device")

    def add(self, *, count: int = PER_SITE, rare: int = 0) -> Site:
        """Add a site with so many spaces and devices."""
        site, _ = build_site(organisation=self.organisation.pk, owner=None, name="Bench")
        self.sites.append(site)
        values = {
            "count": count,
            "site": site.pk,
            "organisation": self.organisation.pk,
            "fleet": self.fleet.pk,
            "rare": rare,
            **{name: kind.pk for name, kind in self.types.items()},
        }
        run(values)
        return site

    def view(self, rule: dict[str, Any]) -> View:
        """Make a view across the organisation."""
        node = make_node(self.sites[0], NodeKind.VIEW)
        type(node).objects.filter(pk=node.pk).update(site=None)
        fields = {"organisation": self.organisation, "name": "Bench", "rule": rule}
        return View.objects.create(node=node, site=None, **fields)

    def floor(self) -> UUID:
        """Return a floor; about 100 spaces and devices are on it."""
        floors = Space.objects.filter(site=self.sites[0], kind="floor")
        return floors.order_by("pk").values_list("pk", flat=True)[0]


def run(values: dict[str, Any]) -> None:
    """Fill one site."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for step in STEPS:
            cursor.execute(step, values)
        cursor.execute("COMMIT")


def cases(world: World) -> dict[str, tuple[str, View]]:
    """Return what is measured: a noun and a view of it."""
    floor = {"inside": {"spaces": [str(world.floor())]}}
    everywhere = {"inside": {"kinds": ["flat"]}}
    rules: dict[str, tuple[str, dict[str, Any]]] = {
        "devices of a rare category": ("devices", {"categories": ["scarce"]}),
        "devices by tag": ("devices", {"tags": {"bench": "yes"}}),
        "devices of one floor": ("devices", floor),
        "devices of a common category": ("devices", {"categories": ["common"]}),
        "common devices in any flat": (
            "devices",
            {"all": [{"categories": ["common"]}, everywhere]},
        ),
        "spaces of a rare kind": ("spaces", {"kinds": ["plant-room"]}),
        "spaces by property": ("spaces", {"properties": {"let": True}}),
        "spaces of one floor": ("spaces", floor),
        "rare kind or property": (
            "spaces",
            {"any": [{"kinds": ["plant-room"]}, {"properties": {"let": True}}]},
        ),
    }
    return {name: (noun, world.view(rule)) for name, (noun, rule) in rules.items()}


def read(client: httpx.Client, noun: str, view: View) -> None:
    """Read one page of a view."""
    response = client.get(f"views/{view.pk}/{noun}/", params={"limit": RARE})
    if len(response.json()["results"]) < RARE // 2:
        raise SystemExit(response.text[:500])


def measure(client: httpx.Client, noun: str, view: View) -> tuple[float, float]:
    """Return the median and the 95th percentile of a page of 100, in milliseconds."""
    deed: Callable[[], None] = partial(read, client, noun, view)
    for _ in range(5):
        deed()
    times = sorted(scratch.timed(deed) * 1e3 for _ in range(ROUNDS))
    return statistics.median(times), times[int(len(times) * 0.95) - 1]


def plan_of(noun: str, view: View) -> str:
    """Return how PostgreSQL finds a page."""
    model, kind = (Device, NodeKind.DEVICE) if noun == "devices" else (Space, NodeKind.SPACE)
    found = model.objects.filter(organisation=view.organisation_id).filter(contents_of(view, kind))
    return str(found.order_by("pk")[: RARE + 1].explain(analyze=True))


def main(small: int, large: int) -> None:
    """Fill, measure, fill on, measure again, and print the figures."""
    with scratch.database():
        world = World()
        with serving(make_application(world.organisation)) as client:
            world.grow(small)
            asked = cases(world)
            before = {name: measure(client, *case) for name, case in asked.items()}
            world.grow(large)
            for name, case in asked.items():
                median, high = measure(client, *case)
                ratio = median / before[name][0]
                figures = f"{before[name][0]:.1f} → {median:.1f} ms, p95 {high:.1f} ms"
                limits = f"(p95 < {P95_LIMIT_MS} ms, ratio < {RATIO_LIMIT})"
                scratch.say(f"{name}: {figures}, ratio {ratio:.2f} {limits}")
            for name, case in asked.items():
                scratch.say(f"\n{name}\n{plan_of(*case)}")


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:3]] or [100, 1_000]
    main(numbers[0], numbers[-1])
