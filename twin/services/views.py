"""Make, change and delete views, and put things in and out of them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Organisation
from accounts.principals import Principal
from config.lib.errors import InvalidInput
from twin.choices import NodeKind
from twin.definitions.findings import Finding
from twin.definitions.live_rules import named_places, rule_findings
from twin.errors import invalid, invalid_field
from twin.models import Node, Site, Space, View, ViewMember
from twin.selectors.rule_conditions import Span
from twin.selectors.templates import site_definition
from twin.selectors.view_contents import views_around
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
    tenant = site.organisation_id if site else organisation
    _check_rule(rule, site=site, span=Span(site.pk if site else None, tenant))
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
    _check_rule(changes.get("rule"), site=view.site, span=Span.of(view))
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
def add_members(
    view: View, *, nodes: Collection[UUID], principal: Principal | None
) -> list[ViewMember]:
    """Put nodes that the caller sees into a view; those already there stay. Returns all added.

    Without ``principal`` nothing is asked.
    Raises: InvalidInput, pointing at each node that is unknown, elsewhere, or holds the view.
    """
    view = View.objects.select_for_update(of=("self",)).get(pk=view.pk)
    visible = Node.objects.all() if principal is None else Node.objects.visible_to(principal)
    found = visible.in_bulk(nodes)
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


def _check_rule(rule: dict[str, Any] | None, *, site: Site | None, span: Span) -> None:
    if rule is None:
        return
    findings = rule_findings(rule, definition=site_definition(site) if site else None)
    if findings := findings or _unknown_places(rule, span):
        raise invalid(findings, below="rule")


def _unknown_places(rule: dict[str, Any], span: Span) -> list[Finding]:
    """Return a finding for each space that the rule names and the view does not reach."""
    named = named_places(rule)
    known = Space.objects.filter(span.condition, pk__in=named).values_list("pk", flat=True)
    return [
        Finding(named[key], "unknown-space", f"There is no space {key} where this view reaches.")
        for key in sorted(named.keys() - set(known))
    ]


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
    if _would_nest_in_a_ring(view, found.values()):
        raise invalid_field("nodes", "view-in-itself", "A view cannot be inside itself.")


def _is_in_reach(view: View, node: Node) -> bool:
    """Say whether the view may hold the node: of its site, or of its organisation."""
    if view.site_id is not None:
        return node.site_id == view.site_id
    return node.organisation_id == view.organisation_id


def _would_nest_in_a_ring(view: View, nodes: Collection[Node]) -> bool:
    """Say whether one of the nodes is the view itself or holds it, at any depth.

    Nestings of one site, or of one organisation, are made one after the other: two at a time could
    close a ring that neither sees.
    """
    if not any(node.kind == NodeKind.VIEW for node in nodes):
        return False
    if view.site_id:
        Site.objects.select_for_update(no_key=True).get(pk=view.site_id)
    else:
        Organisation.objects.select_for_update(no_key=True).get(pk=str(view.organisation_id))
    return bool(views_around(view) & {node.pk for node in nodes})
