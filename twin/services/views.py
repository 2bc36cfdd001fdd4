"""Make, change and delete views, and put things in and out of them."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.principals import Principal
from config.lib.errors import InvalidInput
from twin.choices import NodeKind
from twin.definitions.live_rules import rule_findings
from twin.errors import invalid, invalid_field
from twin.models import Node, Site, View, ViewMember
from twin.selectors.templates import site_definition
from twin.services.nodes import delete_nodes, make_node
from twin.signals import view_created, view_deleted, view_updated

MAX_MEMBERS = 1_000
EDITABLE = ("name", "description", "rule")


@transaction.atomic
def create_view(
    *,
    name: str,
    site: Site | None = None,
    organisation: UUID | None = None,
    description: str = "",
    rule: dict[str, Any] | None = None,
) -> View:
    """Make a view in a site, or across all sites of an organisation.

    Raises: InvalidInput, with pointers below ``#/rule``.
    """
    _check_rule(rule, site=site)
    tenant = site.organisation_id if site else organisation
    node = make_node(kind=NodeKind.VIEW, site=site, organisation=tenant)
    view = View(
        node=node,
        site=site,
        organisation_id=tenant,
        name=name,
        description=description,
        rule=rule,
    )
    view.save(force_insert=True)
    view_created.send(sender=View, view=view)
    return view


@transaction.atomic
def change_view(view: View, **changes: Any) -> View:
    """Change the name, description or rule of a view.

    Raises: InvalidInput, with pointers below ``#/rule``.
    """
    view = View.objects.select_for_update(of=("self",)).get(pk=view.pk)
    changed = [key for key in EDITABLE if key in changes and getattr(view, key) != changes[key]]
    if not changed:
        return view
    _check_rule(changes.get("rule"), site=view.site)
    for key in changed:
        setattr(view, key, changes[key])
    view.save(update_fields=[*changed, "updated_at"])
    view_updated.send(sender=View, view=view, changes=sorted(changed))
    return view


@transaction.atomic
def delete_view(view: View) -> None:
    """Delete a view; what was in it stays."""
    delete_nodes([view.pk])
    view_deleted.send(sender=View, view=view)


@transaction.atomic
def add_members(view: View, *, nodes: Collection[UUID], principal: Principal) -> list[ViewMember]:
    """Put nodes that the caller sees into a view; those already there stay. Returns all added.

    Raises: InvalidInput, pointing at each node that is unknown, elsewhere, or holds the view.
    """
    view = View.objects.select_for_update(of=("self",)).get(pk=view.pk)
    found = Node.objects.visible_to(principal).in_bulk(nodes)
    _check_members(view, nodes, found=found)
    members = [
        ViewMember(view=view, node_id=key, organisation_id=view.organisation_id) for key in nodes
    ]
    ViewMember.objects.bulk_create(members, ignore_conflicts=True)
    view.save(update_fields=["updated_at"])
    view_updated.send(sender=View, view=view, changes=["members"])
    return list(ViewMember.objects.filter(view=view, node__in=nodes).order_by("pk"))


@transaction.atomic
def remove_member(view: View, *, node: UUID) -> bool:
    """Take a node out of a view; say whether it was in."""
    view = View.objects.select_for_update(of=("self",)).get(pk=view.pk)
    removed, _ = ViewMember.objects.filter(view=view, node=node).delete()
    if removed:
        view.save(update_fields=["updated_at"])
        view_updated.send(sender=View, view=view, changes=["members"])
    return bool(removed)


def _check_rule(rule: dict[str, Any] | None, *, site: Site | None) -> None:
    if rule is None:
        return
    findings = rule_findings(rule, definition=site_definition(site) if site else None)
    if findings:
        raise invalid(findings, below="rule")


def _check_members(view: View, nodes: Collection[UUID], *, found: dict[UUID, Node]) -> None:
    """Refuse nodes that are not there, are of another site, or would nest views in a ring."""
    if len(nodes) > MAX_MEMBERS:
        raise invalid_field("nodes", "too-many", f"Give at most {MAX_MEMBERS} nodes at once.")
    faults = []
    for place, key in enumerate(nodes):
        node = found.get(key)
        if node is None or not _is_in_reach(view, node):
            detail = "There is no such node where this view reaches."
            faults.append((f"#/nodes/{place}", "unknown-node", detail))
    if faults:
        raise InvalidInput(faults)
    inner = [key for key, node in found.items() if node.kind == NodeKind.VIEW]
    if view.pk in _views_inside(inner):
        raise invalid_field("nodes", "view-in-itself", "A view cannot be inside itself.")


def _is_in_reach(view: View, node: Node) -> bool:
    """Say whether the view may hold the node: of its site, or of its organisation."""
    if view.site_id is not None:
        return node.site_id == view.site_id
    return node.organisation_id == view.organisation_id


def _views_inside(keys: Iterable[UUID]) -> set[UUID]:
    """Return the views and all views that they hold, at any depth; one query per level."""
    seen: set[UUID] = set()
    level = set(keys)
    while level:
        seen |= level
        inner = ViewMember.objects.filter(view__in=level, node__kind=NodeKind.VIEW)
        level = set(inner.values_list("node", flat=True)) - seen
    return seen
