"""What stands in the way of the sites of a wave, without loading the whole of their plans."""

from typing import Any

from django.db.models import F, Func, JSONField, QuerySet

from twin.models import UpgradeItem

REFUSED = """jsonb_path_query_array(%(expressions)s, '$[*] ? (@.action == "refuse")')"""
TOLD = ("conflict", "code", "name", "kind", "reason", "before", "after", "choices")


def with_refusals(items: QuerySet[UpgradeItem]) -> QuerySet[UpgradeItem]:
    """Return the items with the refusals of their plans as ``refusals``."""
    found = Func(F("plan__changes"), template=REFUSED, output_field=JSONField())
    return items.annotate(refusals=found)


def conflicts_of(item: Any) -> list[dict[str, Any]]:
    """Return what stands in the way of a site, and what may be chosen."""
    found = item.refusals or []
    return [{name: one[name] for name in TOLD if name in one} for one in found]
