"""Buildings to plan with: the car park in two versions, and how a site stands."""

from typing import Any

from accounts.models import Organisation
from tests.twin.definitions.documents import car_park
from tests.twin.factories import make_version
from twin.models import Declaration, Node, Plan, Relationship, Site, Space, View, ViewMember
from twin.services.planning import Wish, make_plan
from twin.services.sites import build_site


def renamed_bays() -> dict[str, Any]:
    """Return the car park whose bays are called places, with one more on each deck."""
    document = car_park()
    kinds = document["kinds"]
    kinds["place"] = {**kinds.pop("bay"), "renamed_from": ["bay"]}
    kinds["deck"]["contains"] = {"place": {}}
    document["views"]["bays"]["rule"] = {"kinds": ["place"]}
    document["relationships"]["feeds"]["to"] = {"spaces": ["place"]}
    row = document["layout"][0]["children"][0]["children"][0]
    row.update(kind="place", count=4, name="Bay {deck}.{place:02}")
    return document


def make_park(organisation: Organisation, **fields: Any) -> Site:
    """Build a car park of two decks with three bays each; version 2 renames the bays."""
    make_version(organisation)
    make_version(organisation, definition=renamed_bays(), number=2)
    fields = {"name": "Park", "template": "car-park@1", **fields}
    site, _ = build_site(organisation=organisation.pk, **fields)
    return site


def named(site: Site, name: str) -> Space:
    """Return the space of that name."""
    return Space.objects.get(site=site, name=name)


def plan(site: Site, template: str = "car-park@2", **wish: Any) -> Plan:
    """Plan the upgrade of a site, unless something else is wished."""
    return make_plan(site, Wish(template=template, **wish))


def lines(made: Plan, action: str) -> list[tuple[str, str]]:
    """Return (name, key) of the plan's changes of that action."""
    return [(one["name"], one["key"]) for one in made.changes if one["action"] == action]


def state(site: Site) -> dict[str, Any]:
    """Return all that a plan may touch of a site, without the times of change."""
    spaces = Space.objects.filter(site=site).order_by("pk")
    fields = ("pk", "parent", "position", "path", "kind", "name", "properties", "template_key")
    return {
        "site": list(Site.objects.filter(pk=site.pk).values("template_version", "parameters")),
        "declared": list(Declaration.objects.filter(pk=site.pk).values("name", "exceptions")),
        "nodes": list(Node.objects.filter(site=site).order_by("pk").values()),
        "spaces": [{**row, "path": str(row["path"])} for row in spaces.values(*fields)],
        "views": list(View.objects.filter(site=site).order_by("pk").values("pk", "name", "rule")),
        "members": sorted(
            map(str, ViewMember.objects.filter(view__site=site).values_list("view", "node"))
        ),
        "edges": list(Relationship.objects.filter(site=site).order_by("pk").values("pk", "kind")),
    }
