"""A building of 10,000 spaces: instantiated, planned to a next version, applied, undone.

``python -m tests.benchmarks.plans [floors]``: 100 floors unless given, of 20 flats with 4 rooms
each. The next version renames the kind of flats, adds a room to each and removes the exterior.
"""

import sys
from copy import deepcopy
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.benchmarks import scratch
from tests.factories import make_organisation
from twin.choices import VersionStatus
from twin.models import Site, Space, TemplateVersion
from twin.services.applying import apply_plan
from twin.services.catalogue import load_shipped_templates
from twin.services.planning import Wish, make_plan
from twin.services.sites import build_site
from twin.services.templates import add_version, create_template
from twin.services.undoing import undo_plan

FLOORS = 100
LIMITS_S = {"instantiate": 2.0, "plan": 3.0, "apply": 3.0, "undo": 3.0}
KEY = "tower"


def versions() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the shipped collective housing under a key of its own, and its next version."""
    shipped = TemplateVersion.objects.get(template__key="collective-housing", number=1)
    first = {**deepcopy(shipped.definition), "key": KEY}
    del first["version"]
    second = deepcopy(first)
    kinds = second["kinds"]
    kinds["dwelling"] = {**kinds.pop("flat"), "renamed_from": ["flat"]}
    holds = kinds["floor"]["contains"]
    holds["dwelling"] = holds.pop("flat")
    second["views"]["flats"]["rule"] = {"kinds": ["dwelling"]}
    second["views"]["common-parts"]["rule"]["all"][1] = {"not": {"inside": {"kinds": ["dwelling"]}}}
    building = second["layout"][0]
    building["children"].pop()
    row = building["children"][0]["children"][0]["children"][0]
    row.update(kind="dwelling", name="Flat {floor}.{dwelling}")
    row["children"].append({"kind": "room", "key": "cellar", "name": "Cellar"})
    return first, second


def report(name: str, call: Any) -> Any:
    """Do one step, print its time and number of queries, and return what it made."""
    made: list[Any] = []
    with CaptureQueriesContext(connection) as captured:
        seconds = scratch.timed(lambda: made.append(call()))
    figure = f"{seconds:.2f} s (< {LIMITS_S[name]} s), {len(captured)} queries"
    scratch.say(f"{name}: {figure}")
    return made[0]


def main(floors: int) -> None:
    """Run the benchmark and print the figures."""
    with scratch.database():
        load_shipped_templates()
        organisation = make_organisation()
        for document in versions():
            publish(organisation.pk, document)
        parameters = {"floors": floors, "flats_per_floor": 20, "rooms_per_flat": 4}
        fields: dict[str, Any] = {"template": f"{KEY}@1", "parameters": parameters}
        site, _ = report(
            "instantiate",
            lambda: build_site(organisation=organisation.pk, name="Tower", **fields),
        )
        run(site)


def run(site: Site) -> None:
    """Plan, apply and undo the upgrade of one building."""
    scratch.say(f"a building of {Space.objects.filter(site=site).count():,} spaces")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE twin_space, twin_node")
    plan = report("plan", lambda: make_plan(site, Wish(template=f"{KEY}@2")))
    scratch.say(f"the plan: {plan.summary}, {'; '.join(plan.notes)}")
    report("apply", lambda: apply_plan(plan))
    report("undo", lambda: undo_plan(plan))


def publish(organisation: Any, document: dict[str, Any]) -> None:
    """Publish a version of the template."""
    published = VersionStatus.PUBLISHED
    template = TemplateVersion.objects.filter(template__key=KEY).first()
    if template is None:
        create_template(organisation=organisation, definition=document, status=published)
    else:
        add_version(template=template.template, definition=document, status=published)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FLOORS)
