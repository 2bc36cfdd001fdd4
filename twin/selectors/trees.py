"""A site's spaces as a tree."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from twin.models.spaces import SpaceQuerySet


def tree_of(spaces: SpaceQuerySet) -> list[dict[str, Any]]:
    """Return the roots of one site's spaces, each with all that is below it.

    A space whose parent is not among them is a root: an occupant's tree begins with the flat.

    Shape: ``{"id", "kind", "name", "children": […]}``, siblings in order. One query at any depth.
    """
    rows = spaces.in_order().values_list("pk", "parent", "kind", "name")
    children: dict[UUID | None, list[dict[str, Any]]] = {None: []}
    places = []
    for key, parent, kind, name in rows:
        node = {
            "id": str(key),
            "kind": kind,
            "name": name,
            "children": children.setdefault(key, []),
        }
        places.append((parent, node))
    known = {UUID(node["id"]) for _, node in places}
    for parent, node in places:
        children[parent if parent in known else None].append(node)
    return children[None]


def walk_tree(branches: list[dict[str, Any]], *, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every space of a tree in reading order, each with its ``depth``, 0 for a root."""
    for branch in branches:
        yield {**branch, "depth": depth}
        yield from walk_tree(branch["children"], depth=depth + 1)
