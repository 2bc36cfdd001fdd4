"""Build the inside of a site from a template, set-wise."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from config.lib.copying import copy_rows
from config.lib.ids import uuid7
from twin.choices import NodeKind
from twin.definitions.format import Definition
from twin.definitions.layout import PlannedSpace
from twin.models import Site, Space, View, ViewMember
from twin.services.nodes import copy_nodes

TIMES = ("created_at", "updated_at")
SPACE_FIELDS = (
    *TIMES,
    *("node", "site", "organisation", "parent", "position", "path", "kind", "name"),
    *("properties", "template_key"),
)
VIEW_FIELDS = (
    *TIMES,
    *("node", "site", "organisation", "name", "description", "rule", "template_key"),
)
MEMBER_FIELDS = (*TIMES, "id", "view", "node", "organisation")


def build(
    site: Site, *, definition: Definition | None, spaces: Iterable[PlannedSpace]
) -> dict[str, int]:
    """Write the spaces, views and view members of a new site and return how many there are.

    A handful of statements, however large the building is. Needs an open transaction.
    """
    keys = _copy_spaces(site, list(spaces))
    if definition is None:
        return {"spaces": len(keys), "views": 0}
    views = {key: uuid7() for key in definition.views}
    copy_nodes(views.values(), kind=NodeKind.VIEW, site=site)
    copy_rows(View, fields=VIEW_FIELDS, rows=_view_rows(site, definition, views=views))
    copy_rows(
        ViewMember,
        fields=MEMBER_FIELDS,
        rows=_member_rows(site, definition, views=views, spaces=keys),
    )
    return {"spaces": len(keys), "views": len(views)}


def _copy_spaces(site: Site, spaces: list[PlannedSpace]) -> dict[str, UUID]:
    """Write the spaces and return their ids by template key."""
    keys = {space.key: uuid7() for space in spaces}
    copy_nodes(keys.values(), kind=NodeKind.SPACE, site=site)
    copy_rows(Space, fields=SPACE_FIELDS, rows=_space_rows(site, spaces, keys=keys))
    return keys


def _space_rows(
    site: Site, spaces: Iterable[PlannedSpace], *, keys: Mapping[str, UUID]
) -> Iterator[tuple[Any, ...]]:
    """Yield the spaces' rows; parents come first, so that every path extends a known one."""
    now = timezone.now()
    paths: dict[str, str] = {}
    for space in spaces:
        key = keys[space.key]
        parent = keys[space.parent] if space.parent else None
        paths[space.key] = f"{paths[space.parent]}.{key.hex}" if space.parent else key.hex
        place = (site.pk, site.organisation_id, parent, space.position, paths[space.key])
        properties = dict(space.properties)
        yield (now, now, key, *place, space.kind, space.name, properties, space.key)


def _view_rows(
    site: Site, definition: Definition, *, views: Mapping[str, UUID]
) -> Iterator[tuple[Any, ...]]:
    now = timezone.now()
    for key, view in definition.views.items():
        what = (view.name, view.description, view.rule_document, key)
        yield (now, now, views[key], site.pk, site.organisation_id, *what)


def _member_rows(
    site: Site, definition: Definition, *, views: Mapping[str, UUID], spaces: Mapping[str, UUID]
) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each fixed member that this building has."""
    now = timezone.now()
    for view in definition.views.values():
        for member in view.members:
            if member in spaces:
                ids = (uuid7(), views[view.key], spaces[member])
                yield (now, now, *ids, site.organisation_id)
