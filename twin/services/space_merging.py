"""Make one space of two, and two of one.

Nobody's access widens: rights to the space that goes end with it, and one that stays is not merged
into while somebody has a right to it alone; consents to it are narrowed.
Source: docs/topology.md, "Merging and splitting".
"""

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from config.lib.errors import InvalidInput
from twin.errors import AccessWouldWiden, SpaceOccupied, invalid_field
from twin.models import Grant, Relationship, Site, Space, View, ViewMember
from twin.services.consents import narrow_consents_to_contents
from twin.services.containment import check_place
from twin.services.nodes import delete_nodes
from twin.services.occupancies import lives_or_will_in
from twin.services.space_creation import create_space
from twin.services.spaces import move_contents
from twin.services.trees import (
    check_depth,
    children_of,
    fresh,
    fresh_in_site,
    hang,
    lock_site,
    lock_subtree,
    renumber,
)
from twin.signals import (
    relationship_deleted,
    relationship_updated,
    space_deleted,
    space_moving,
    space_updated,
    view_updated,
)


@transaction.atomic
def merge_spaces(space: Space, *, into: Space) -> Space:
    """Let one space go up in another of its kind: what it holds and what names it moves over.

    Children follow those that are there; devices, edges and memberships of views name the space
    that stays, an edge or membership that would be there twice is one. Returns: that space.
    Raises: InvalidInput (``#/into``; or as for a move, if a child cannot stand there);
    SpaceOccupied, if people live in the one that goes; AccessWouldWiden; SpaceGone.
    """
    site = lock_site(space.site_id)
    space, target = fresh(space), fresh_in_site(into, site, field="into")
    target = mergeable(space, target)
    lock_subtree(space)
    check_rights(space, target)
    narrow_consents(space, target)
    inner = list(Space.objects.filter(parent=space).in_order())
    check_children(site, inner, below=target)
    siblings = children_of(space.parent_id, site=site.pk)
    beside = children_of(target.pk, site=site.pk)
    space_moving.send(sender=Space, space=space)
    hang([child.pk for child in inner], below=target)
    move_contents([space.pk], into=target)
    _rename_in_edges(space, target)
    _rename_in_views(space, target)
    delete_nodes([space.pk])
    renumber([key for key in beside if key != space.pk] + [child.pk for child in inner])
    if space.parent_id != target.pk:
        renumber([key for key in siblings if key != space.pk])
    return _announce_merged(space, target, children=inner)


@transaction.atomic
def split_space(
    space: Space, *, name: str, children: Collection[UUID] = (), things: Collection[UUID] = ()
) -> Space:
    """Make a sibling of the same kind right behind a space, and move some of what it holds there.

    Rights to the space open the new one no more. Returns: the new space.
    Raises: InvalidInput: ``#/children/0``, ``#/devices/0`` for what does not stand directly in the
    space; ``#/parent`` if no more of the kind can stand there. SpaceGone.
    """
    lock_site(space.site_id)
    space = fresh(space)
    found = Space.objects.filter(parent=space).in_bulk(children)
    _refuse_strangers("children", children, found=found)
    made = create_space(
        site=space.site,
        kind=space.kind,
        name=name,
        parent=space.parent,
        position=space.position + 1,
        properties=space.properties,
    )
    for child in found.values():
        space_moving.send(sender=Space, space=child)
    hang(found, below=made)
    renumber(list(children))
    renumber(children_of(space.pk, site=space.site_id))
    if things:
        moved = move_contents([space.pk], into=made, things=list(things))
        _refuse_strangers("devices", things, found=moved)
    for child in Space.objects.filter(parent=made).in_order():
        space_updated.send(sender=Space, space=child, changes=["parent", "position"])
    Space.objects.filter(pk=space.pk).update(updated_at=timezone.now())
    return fresh(made)


def mergeable(space: Space, target: Space | None) -> Space:
    """Return the target. Raises: InvalidInput, if the two cannot be one."""
    if target is None or target.pk == space.pk:
        raise invalid_field("into", "same-space", "Name another space.")
    if space.pk.hex in target.path:
        raise invalid_field("into", "inside-itself", "A space cannot go up in one below it.")
    if target.kind != space.kind:
        detail = f"A {space.kind} cannot go up in a {target.kind}."
        raise invalid_field("into", "other-kind", detail)
    return target


def check_rights(space: Space, target: Space) -> None:
    """Refuse if people live in the one that goes, or if a right opens only the one that stays."""
    if people := lives_or_will_in([space.pk]).count():
        raise SpaceOccupied(people=people)
    only_target = _around_one(target, space)
    lasting = Q(ends_at__isnull=True) | Q(ends_at__gt=timezone.now())
    rights = Grant.objects.filter(lasting, node__in=only_target).count()
    rights += lives_or_will_in(only_target).count()
    if rights:
        raise AccessWouldWiden(rights=rights)


def narrow_consents(space: Space, target: Space) -> None:
    """Cut consents to the one that stays, and not to the other, to what stands in it so far."""
    narrow_consents_to_contents(_around_one(target, space))


def _around_one(space: Space, other: Space) -> list[UUID]:
    """Return the space and those around it that do not hold the other, from the root down."""
    return [UUID(label) for label in space.path if label not in other.path]


def check_children(site: Site, children: list[Space], *, below: Space) -> None:
    """Refuse children that the target cannot hold beside its own."""
    beside = Counter(Space.objects.filter(parent=below).values_list("kind", flat=True))
    for child in children:
        check_place(site, kind=child.kind, parent=below, beside=beside[child.kind])
        check_depth(child, below=below)
        beside[child.kind] += 1


def _rename_in_edges(space: Space, target: Space) -> None:
    """Let edges end at the target; drop those that are there already or would be rings."""
    own = Q(source=space.pk) | Q(target=space.pk)
    edges = list(Relationship.objects.filter(own).order_by("pk"))
    beside = Q(source=target.pk) | Q(target=target.pk)
    there = Relationship.objects.filter(beside).values_list("source", "kind", "target")
    known = set(there)
    for edge in edges:
        source = target.pk if edge.source_id == space.pk else edge.source_id
        end = target.pk if edge.target_id == space.pk else edge.target_id
        if source == end or (source, edge.kind, end) in known:
            relationship_deleted.send(sender=Relationship, relationship=edge)
            continue
        known.add((source, edge.kind, end))
        edge.source_id, edge.target_id = source, end
        edge.save(update_fields=["source", "target", "updated_at"])
        relationship_updated.send(
            sender=Relationship, relationship=edge, changes=["source", "target"]
        )


def _rename_in_views(space: Space, target: Space) -> None:
    """Let views hold the target, by hand or by rule, where they held the space."""
    own = ViewMember.objects.filter(node=space.pk)
    there = ViewMember.objects.filter(node=target.pk).values("view")
    views = set(own.exclude(view__in=there).values_list("view", flat=True))
    own.filter(view__in=views).update(node=target.pk, updated_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE twin_view SET rule = replace(rule::text, %(old)s, %(new)s)::jsonb,"
            " updated_at = now() WHERE (site_id = %(site)s OR organisation_id = %(tenant)s)"
            " AND strpos(rule::text, %(old)s) > 0 RETURNING id",
            {
                "old": str(space.pk),
                "new": str(target.pk),
                "site": space.site_id,
                "tenant": space.organisation_id,
            },
        )
        views |= {row[0] for row in cursor.fetchall()}
    for view in View.objects.filter(pk__in=views).order_by("pk"):
        view_updated.send(sender=View, view=view, changes=["members"])


def _announce_merged(space: Space, target: Space, *, children: list[Space]) -> Space:
    Space.objects.filter(pk=target.pk).update(updated_at=timezone.now())
    for child in children:
        space_updated.send(sender=Space, space=child, changes=["parent", "position"])
    space_deleted.send(sender=Space, space=space)
    target = fresh(target)
    space_updated.send(sender=Space, space=target, changes=["children"])
    return target


def _refuse_strangers(field: str, asked: Collection[UUID], *, found: Collection[UUID]) -> None:
    detail = "Nothing of that id stands directly in this space."
    faults = [
        (f"#/{field}/{place}", "elsewhere", detail)
        for place, key in enumerate(asked)
        if key not in found
    ]
    if faults:
        raise InvalidInput(faults)
