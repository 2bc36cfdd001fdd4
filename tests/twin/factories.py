"""Where things are in tests: templates, sites, spaces, views; the fewest defaults."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.principals import ConsentTerms, Principal
from config.lib.ids import uuid7
from tests.factories import make_application, make_consent, make_organisation
from tests.twin.definitions.documents import car_park
from twin.choices import GrantRole, NodeKind, SiteRole, VersionStatus
from twin.models import (
    ConsentNode,
    Grant,
    Node,
    NodeModel,
    Occupancy,
    Relationship,
    Site,
    SiteMember,
    Space,
    TemplateVersion,
    TopologyTemplate,
    View,
    ViewMember,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def make_version(organisation: Organisation | None = None, **overrides: Any) -> TemplateVersion:
    """Make a published version 1 of the template ``car-park``."""
    document = overrides.pop("definition", car_park())
    key = overrides.pop("key", document["key"])
    template, _ = TopologyTemplate.objects.get_or_create(
        organisation=organisation, key=key, defaults={"name": key, "ontology": key}
    )
    fields = {"number": 1, "status": VersionStatus.PUBLISHED, **overrides}
    return TemplateVersion.objects.create(
        template=template, organisation=organisation, definition=document, **fields
    )


def make_site(organisation: Organisation | None = None, **overrides: Any) -> Site:
    """Make a site of the organisation, or a private home without one; it has no spaces."""
    key = uuid7()
    node = Node.objects.create(pk=key, kind=NodeKind.SITE, organisation=organisation, site_id=None)
    fields = {"name": "Les Tilleuls", **overrides}
    site = Site.objects.create(node=node, organisation=organisation, **fields)
    Node.objects.filter(pk=key).update(site=site)
    return site


def make_home(owner: User, **overrides: Any) -> Site:
    """Make the private home of a person."""
    site = make_site(None, **{"name": "Home", **overrides})
    make_site_member(site, owner, role=SiteRole.OWNER)
    return site


def make_site_member(site: Site, user: User, **overrides: Any) -> SiteMember:
    """Make a person a member of the site, a resident unless stated."""
    fields = {"role": SiteRole.RESIDENT, **overrides}
    return SiteMember.objects.create(site=site, organisation=site.organisation, user=user, **fields)


def make_node(site: Site, kind: NodeKind) -> Node:
    """Make a node of the site, for example that of a device that twin knows nothing of."""
    return Node.objects.create(kind=kind, site=site, organisation=site.organisation)


def make_space(site: Site, parent: Space | None = None, **overrides: Any) -> Space:
    """Make a space below the parent, last among its siblings."""
    node = make_node(site, NodeKind.SPACE)
    above = [*parent.path] if parent else []
    fields: dict[str, Any] = {
        "kind": "room",
        "name": "Room",
        "position": Space.objects.filter(site=site, parent=parent).count(),
        **overrides,
    }
    return Space.objects.create(
        node=node,
        site=site,
        organisation=site.organisation,
        parent=parent,
        path=[*above, node.pk.hex],
        **fields,
    )


def make_view(site: Site, *members: Node | Space, **overrides: Any) -> View:
    """Make a view of the site with these members."""
    node = make_node(site, NodeKind.VIEW)
    fields = {"name": "Heating", **overrides}
    view = View.objects.create(node=node, site=site, organisation=site.organisation, **fields)
    for member in members:
        ViewMember.objects.create(view=view, node_id=member.pk, organisation=site.organisation)
    return view


def make_relationship(source: Node | Space, target: Node | Space, **overrides: Any) -> Relationship:
    """Make an edge from one node to the other."""
    fields: dict[str, Any] = {"kind": "measures", "site": source.site, **overrides}
    return Relationship.objects.create(
        source_id=source.pk, target_id=target.pk, organisation=source.organisation, **fields
    )


def make_grant(node: Node | NodeModel, party: User | Organisation, **overrides: Any) -> Grant:
    """Grant a party a viewer's access to a node, and to all that stands below it."""
    whom = "user" if isinstance(party, User) else "party_organisation"
    row = Node.objects.get(pk=node.pk)
    fields = {"role": GrantRole.VIEWER, "site": row.site, whom: party, **overrides}
    return Grant.objects.create(node=row, organisation=row.organisation, **fields)


def make_occupancy(
    space: Space,
    user: User,
    *,
    since: datetime = LONG_AGO,
    until: datetime | None = None,
    **overrides: Any,
) -> Occupancy:
    """Let a person live in a space; a period that is over is sealed unless stated."""
    now = timezone.now()
    fields = {"sealed_at": now if until and until <= now else None, **overrides}
    return Occupancy.objects.create(
        **fields,
        space=space,
        site=space.site,
        organisation=space.organisation,
        user=user,
        period=DateTimeTZRange(since, until),
    )


def make_limited_principal(
    principal: Principal, *nodes: Node | NodeModel, **terms: Any
) -> Principal:
    """Cut a user's principal by a new consent to these nodes alone."""
    user = User.objects.get(pk=str(principal.user_id))
    consent = make_consent(user, make_application(make_organisation()), is_limited=True)
    for node in nodes:
        ConsentNode.objects.create(consent=consent, node_id=node.pk)
    cut = ConsentTerms(consent.pk, is_limited=True, **terms)
    return replace(principal, terms=cut, memo={})
