"""Create, rename, move, reorder and delete spaces; the tree stays whole whatever runs beside.

Every change of a site's tree first locks the site's row, so that changes of one tree follow each
other; reads and changes of other sites go on.
"""

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django_ltree.fields import PathValue

from twin.choices import NodeKind
from twin.errors import invalid_field
from twin.models import Site, Space
from twin.services.containment import check_place, check_properties
from twin.services.nodes import delete_nodes, make_node
from twin.signals import space_created, space_deleted, space_deleting, space_updated

MAX_DEPTH = 40
UNSET: Any = object()


@transaction.atomic
def create_space(
    *,
    site: Site,
    kind: str,
    name: str,
    parent: Space | None = None,
    position: int | None = None,
    properties: dict[str, Any] | None = None,
) -> Space:
    """Add a space below the parent, last among its siblings unless a position is given.

    Raises: InvalidInput, if the site's template has no such kind or does not let it stand there.
    """
    site, parent = _lock(site, parent)
    check_place(site, kind=kind, parent=parent)
    properties = check_properties(site, kind=kind, properties=properties or {})
    node = make_node(kind=NodeKind.SPACE, site=site, organisation=site.organisation_id)
    space = Space(
        node=node,
        site=site,
        organisation_id=site.organisation_id,
        parent=parent,
        path=_path_below(parent, node.pk),
        kind=kind,
        name=name,
        properties=properties,
    )
    space.clean_fields(exclude=["node", "site", "organisation", "parent", "path"])
    space.save(force_insert=True)
    _place_among_siblings(space, position)
    space_created.send(sender=Space, space=space)
    return space


@transaction.atomic
def change_space(
    space: Space,
    *,
    name: str = UNSET,
    properties: dict[str, Any] = UNSET,
    parent: Space | None = UNSET,
    position: int = UNSET,
) -> Space:
    """Rename a space, set its properties, move it with all below it, or reorder it.

    Raises: InvalidInput, if it cannot stand there: inside itself, in another site, against the
    template; or if a property does not fit.
    """
    site = _lock_site(space.site_id)
    space = Space.objects.get(pk=space.pk)
    changed = _set_fields(site, space, name=name, properties=properties)
    if parent is not UNSET and (parent and parent.pk) != space.parent_id:
        _move(site, space, parent)
        changed += ["parent"]
    if position is not UNSET or "parent" in changed:
        _place_among_siblings(space, None if position is UNSET else position)
        changed += ["position"]
    if changed:
        space.save(update_fields=[*(set(changed) & {"name", "properties"}), "updated_at"])
        space_updated.send(sender=Space, space=space, changes=sorted(changed))
    return space


@transaction.atomic
def delete_space(space: Space) -> None:
    """Delete a space with everything below it.

    Raises: whatever a receiver of `space_deleting` objects with, such as SpaceOccupied.
    """
    _lock_site(space.site_id)
    space = Space.objects.get(pk=space.pk)
    space_deleting.send(sender=Space, space=space)
    below = list(Space.objects.within(space).order_by("-path").values_list("pk", flat=True))
    siblings = _siblings(space)
    delete_nodes(below)
    _renumber([key for key in siblings if key != space.pk])
    space_deleted.send(sender=Space, space=space)


def lock_site_of(key: UUID) -> None:
    """Lock the site of a space, for a caller that will lock the space itself."""
    sites = Site.objects.select_for_update(no_key=True, of=("self",))
    sites.filter(spaces=key).first()


def _lock_site(key: UUID) -> Site:
    return Site.objects.select_for_update(no_key=True).get(pk=key)


def _lock(site: Site, parent: Space | None) -> tuple[Site, Space | None]:
    """Lock the site and read the parent as it stands then."""
    site = _lock_site(site.pk)
    return site, _fresh_parent(site, parent)


def _fresh_parent(site: Site, parent: Space | None) -> Space | None:
    """Return the parent as it stands under the lock.

    Raises: InvalidInput, if it is gone or stands in another site.
    """
    if parent is None:
        return None
    found = Space.objects.filter(pk=parent.pk, site=site).first()
    if found is None:
        raise invalid_field("parent", "other-site", "Name a space of the same site.")
    return found


def _path_below(parent: Space | None, key: UUID) -> PathValue:
    """Return the path of a space that stands below the parent.

    Raises: InvalidInput, if the tree became too deep.
    """
    labels = [*(parent.path if parent else ()), key.hex]
    if len(labels) > MAX_DEPTH:
        raise invalid_field("parent", "too-deep", f"Spaces nest at most {MAX_DEPTH} levels deep.")
    return PathValue(labels)


def _set_fields(site: Site, space: Space, *, name: str, properties: dict[str, Any]) -> list[str]:
    """Set what stands on the row itself and return which fields are new."""
    changed = []
    if name is not UNSET and name != space.name:
        space.name = name
        changed += ["name"]
    if properties is not UNSET and properties != space.properties:
        space.properties = check_properties(site, kind=space.kind, properties=properties)
        changed += ["properties"]
    return changed


def _move(site: Site, space: Space, parent: Space | None) -> None:
    """Hang a space with all below it under another parent, in one statement."""
    parent = _fresh_parent(site, parent)
    if parent and space.pk.hex in parent.path:
        raise invalid_field("parent", "inside-itself", "A space cannot stand inside itself.")
    check_place(site, kind=space.kind, parent=parent)
    _check_depth(space, parent)
    left_behind = [key for key in _siblings(space) if key != space.pk]
    above = str(PathValue(parent.path)) if parent else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE twin_space SET path = %(above)s::ltree || subpath(path, %(level)s),"
            " parent_id = CASE WHEN id = %(id)s THEN %(parent)s ELSE parent_id END"
            " WHERE path <@ %(path)s::ltree",
            {
                "above": above,
                "level": len(space.path) - 1,
                "id": space.pk,
                "parent": parent.pk if parent else None,
                "path": str(space.path),
            },
        )
    space.refresh_from_db(fields=["path", "parent"])
    _renumber(left_behind)


def _check_depth(space: Space, parent: Space | None) -> None:
    """Refuse a move that would nest too deeply."""
    depths = Space.objects.within(space).values_list("path__depth", flat=True)
    below = max(depths) - len(space.path)
    if (len(parent.path) if parent else 0) + 1 + below > MAX_DEPTH:
        raise invalid_field("parent", "too-deep", f"Spaces nest at most {MAX_DEPTH} levels deep.")


def _siblings(space: Space) -> list[UUID]:
    """Return the children of the space's parent in order, itself among them."""
    beside = Space.objects.filter(site=space.site_id, parent=space.parent_id)
    return list(beside.in_order().values_list("pk", flat=True))


def _place_among_siblings(space: Space, position: int | None) -> None:
    """Put a space at a position among its siblings, last by default, and number them anew."""
    others = [key for key in _siblings(space) if key != space.pk]
    place = len(others) if position is None else min(position, len(others))
    _renumber([*others[:place], space.pk, *others[place:]])
    space.position = place


def _renumber(keys: list[UUID]) -> None:
    """Number siblings by their order, touching only those whose number is wrong."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE twin_space AS s SET position = o.place - 1"
            " FROM unnest(%s::uuid[]) WITH ORDINALITY AS o(id, place)"
            " WHERE s.id = o.id AND s.position <> o.place - 1",
            [keys],
        )
