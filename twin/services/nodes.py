"""Make and delete nodes: the supertype's side of every thing that twin makes."""

from collections.abc import Iterable
from uuid import UUID

from config.lib.copying import copy_rows
from config.lib.ids import uuid7
from twin.choices import NodeKind
from twin.models import Node, Site

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
    """Delete nodes and with them the things they are."""
    Node.objects.filter(pk__in=list(keys)).delete()
