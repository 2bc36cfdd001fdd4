"""Make and delete nodes: the supertype's side of every thing that twin makes."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from config.lib.copying import copy_rows
from config.lib.ids import uuid7
from twin.choices import NodeKind
from twin.contents import let_go
from twin.models import Node, Relationship, Site, View, ViewMember
from twin.services.deletion import delete_set
from twin.signals import relationship_deleted, view_updated

FIELDS = ("id", "kind", "site", "organisation")


def make_node(*, kind: NodeKind, site: Site | None, organisation: UUID | None) -> Node:
    """Make the node of one thing."""
    node = Node(kind=kind, site=site, organisation_id=organisation)
    node.save(force_insert=True)
    return node


def make_site_node(*, organisation: UUID | None) -> Node:
    """Make a node that names itself as its site; the site's row must follow in the transaction."""
    key = uuid7()
    node = Node(pk=key, kind=NodeKind.SITE, site_id=key, organisation_id=organisation)
    node.save(force_insert=True)
    return node


def copy_nodes(keys: Iterable[UUID], *, kind: NodeKind, site: Site) -> int:
    """Make the nodes of many things of a site in one statement and return how many."""
    rows = ((key, kind.value, site.pk, site.organisation_id) for key in keys)
    return copy_rows(Node, fields=FIELDS, rows=rows)


def delete_nodes(keys: Iterable[UUID]) -> None:
    """Delete nodes and with them the things they are, set-wise."""
    going = list(keys)
    if going:
        let_go(going)
        delete_set(Node, going)


def move_node(key: UUID, *, site: Site | None) -> None:
    """Let a node stand at another site, or at none; needs an open transaction.

    What tied it to the site that it leaves goes: relationships of that site, and its place in that
    site's views. Relationships and views across sites stay.
    """
    if not Node.objects.filter(pk=key).exclude(site=site).update(site=site):
        return
    _leave_relationships(key, site)
    _leave_views(key, site)


def _leave_relationships(key: UUID, site: Site | None) -> None:
    ends = Q(source=key) | Q(target=key)
    left = Relationship.objects.filter(ends, site__isnull=False).exclude(site=site)
    for relationship in left.select_for_update().order_by("pk"):
        gone = relationship.pk
        relationship.delete()
        relationship.pk = gone
        relationship_deleted.send(sender=Relationship, relationship=relationship)


def _leave_views(key: UUID, site: Site | None) -> None:
    members = ViewMember.objects.filter(node=key, view__site__isnull=False).exclude(view__site=site)
    views = View.objects.filter(members__in=members).select_for_update(of=("self",)).order_by("pk")
    for view in list(views):
        ViewMember.objects.filter(view=view, node=key).delete()
        view.save(update_fields=["updated_at"])
        view_updated.send(sender=View, view=view, changes=["members"])
