"""Rename, move, reorder and delete spaces; the tree stays whole whatever runs beside."""

from typing import Any

from django.db import transaction

from accounts.principals import Principal
from twin.errors import SpaceOccupied, invalid_field
from twin.models import Site, Space
from twin.services.containment import check_place, check_properties
from twin.services.nodes import delete_nodes
from twin.services.occupancies import check_moving, lives_or_will_in, move_occupancy
from twin.services.trees import (
    check_depth,
    children_of,
    fresh,
    fresh_in_site,
    hang,
    lock_site,
    lock_subtree,
    place_among_siblings,
    renumber,
)
from twin.signals import (
    space_deleted,
    space_deleting,
    space_emptying,
    space_moving,
    space_updated,
)

UNSET: Any = object()


@transaction.atomic
def change_space(
    space: Space,
    *,
    name: str = UNSET,
    properties: dict[str, Any] = UNSET,
    parent: Space | None = UNSET,
    position: int | None = UNSET,
) -> Space:
    """Rename a space, set its properties, move it with all below it, or reorder it.

    Args: position, among its siblings; None is the last.
    Raises: InvalidInput, if it cannot stand there: inside itself, in another site, against the
    template; or if a property does not fit. SpaceGone.
    """
    site = lock_site(space.site_id)
    space = fresh(space)
    changed = _set_fields(site, space, name=name, properties=properties)
    if parent is not UNSET and (parent and parent.pk) != space.parent_id:
        _move(site, space, parent=parent)
        changed += ["parent"]
    if position is not UNSET or "parent" in changed:
        place_among_siblings(space, None if position is UNSET else position)
        changed += ["position"]
    if changed:
        space.save(update_fields=[*(set(changed) & {"name", "properties"}), "updated_at"])
        space_updated.send(sender=Space, space=space, changes=sorted(changed))
    return space


@transaction.atomic
def delete_space(
    space: Space, *, move_to: Space | None = None, principal: Principal | None = None
) -> None:
    """Delete a space with everything below it; devices and people go where ``move_to`` says.

    People move by the rights of who gives access: without ``principal`` nothing is asked.
    Raises: SpaceOccupied, if somebody lives there or something stands there and it is not said
    where they go; InvalidInput (``#/move_to``); RoleMissing, ScopeMissing; SpaceGone.
    """
    site = lock_site(space.site_id)
    space = fresh(space)
    below = lock_subtree(space)
    target = fresh_in_site(move_to, site, field="move_to")
    if target is not None:
        if target.pk in below:
            raise invalid_field("move_to", "inside-itself", "Name a space that stays.")
        move_contents(below, into=target)
        _move_people(below, into=target, principal=principal)
    elif people := lives_or_will_in(below).count():
        raise SpaceOccupied(people=people)
    space_deleting.send(sender=Space, space=space)
    siblings = children_of(space.parent_id, site=space.site_id)
    delete_nodes(below)
    renumber([key for key in siblings if key != space.pk])
    space_deleted.send(sender=Space, space=space)


def move_contents(spaces: list[Any], *, into: Space, things: list[Any] | None = None) -> set[Any]:
    """Let the apps above move what stands in the spaces; return the ids of all that moved."""
    answers = space_emptying.send(sender=Space, spaces=spaces, into=into, things=things)
    return {key for _, moved in answers for key in moved or ()}


def _move_people(spaces: list[Any], *, into: Space, principal: Principal | None) -> None:
    """Move who lives, or will live, in one of the spaces into another."""
    occupancies = list(lives_or_will_in(spaces).select_related("user", "space"))
    if not occupancies:
        return
    if principal is not None:
        check_moving(principal, into.site)
    for occupancy in occupancies:
        move_occupancy(occupancy, to=into)


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


def _move(site: Site, space: Space, *, parent: Space | None) -> None:
    """Hang a space with all below it under another parent."""
    parent = fresh_in_site(parent, site)
    if parent and space.pk.hex in parent.path:
        raise invalid_field("parent", "inside-itself", "A space cannot stand inside itself.")
    check_place(site, kind=space.kind, parent=parent)
    check_depth(space, below=parent)
    space_moving.send(sender=Space, space=space)
    siblings = children_of(space.parent_id, site=space.site_id)
    hang([space.pk], below=parent)
    space.refresh_from_db(fields=["path", "parent"])
    renumber([key for key in siblings if key != space.pk])
