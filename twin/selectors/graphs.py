"""The graph of a site: each app contributes its own nodes and edges, each part one query."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from accounts.principals import Principal
from twin.choices import NodeKind
from twin.models import Occupancy, Relationship, Site, SiteMember, Space, View, ViewMember
from twin.selectors.templates import site_definition

PERSON = "person"
POINT = "point"
CONTAINS, HAS_VIEW, MEMBER_OF, RELATED = "contains", "has-view", "member-of", "relationship"
PLACED_IN, VIA, DECLARED_AS, HAS_POINT = "placed-in", "via", "declared-as", "has-point"
OCCUPIES, BELONGS_TO = "occupies", "belongs-to"
EDGE_TYPES = (
    *(CONTAINS, HAS_VIEW, MEMBER_OF, RELATED),
    *(PLACED_IN, VIA, DECLARED_AS, OCCUPIES, BELONGS_TO),
)


class GraphNode(NamedTuple):
    """A node: ``type`` says what it is, ``kind`` which kind, category or role of that.

    ``classes`` are those that its template or catalogue names; ``details`` is for exports.
    """

    id: UUID | str
    type: str
    kind: str
    name: str
    classes: tuple[str, ...] = ()
    details: Mapping[str, Any] = {}


class GraphEdge(NamedTuple):
    """An edge; ``kind`` is that of a relationship, ``id`` its own, if it has one."""

    type: str
    source: UUID | str
    target: UUID | str
    kind: str = ""
    id: UUID | None = None
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """Whose graph is asked for, by whom, as of when (None: now), and whether with points."""

    site: Site
    principal: Principal
    at: datetime | None = None
    with_points: bool = False


@dataclass(slots=True)
class Graph:
    """Nodes by id, and the edges between them."""

    nodes: dict[UUID | str, GraphNode] = field(default_factory=dict)
    edges: list[GraphEdge] = field(default_factory=list)


Contribution = Iterator[GraphNode | GraphEdge]
Contributor = Callable[[Question], Contribution]
_contributors: list[Contributor] = []


def register_contributor(contributor: Contributor) -> None:
    """Let an app add nodes and edges, each sort by one query and through its own gate."""
    if contributor not in _contributors:
        _contributors.append(contributor)


def graph_of(question: Question) -> Graph:
    """Return what the caller may see of a site's graph; an edge shows if both its ends do.

    One query for each sort of thing, however many there are: sites, spaces and views through
    ``sites:read``, people through ``members:read``, and so on.
    """
    graph = Graph()
    edges: list[GraphEdge] = []
    for contributor in _contributors:
        for part in contributor(question):
            if isinstance(part, GraphNode):
                graph.nodes[part.id] = part
            else:
                edges.append(part)
    known = graph.nodes.keys()
    graph.edges = [one for one in edges if one.source in known and one.target in known]
    return graph


def _spaces(question: Question) -> Contribution:
    """Add the site and its spaces; two queries, and at most two for the template."""
    site = question.site
    yield GraphNode(site.pk, NodeKind.SITE, "", site.name)
    definition = site_definition(site)
    classes = {key: kind.classes for key, kind in definition.kinds.items()} if definition else {}
    visible = Space.objects.visible_to(question.principal).filter(site=site)
    rows = visible.in_order().values_list("pk", "parent", "kind", "name")
    for key, parent, kind, name in rows:
        yield GraphNode(key, NodeKind.SPACE, kind, name, classes.get(kind, ()))
        yield GraphEdge(CONTAINS, parent or site.pk, key)


def _views(question: Question) -> Contribution:
    """Add views and what was put in them; what a rule finds is asked of the view itself."""
    visible = View.objects.visible_to(question.principal).filter(site=question.site)
    for key, name, template_key in visible.order_by("pk").values_list("pk", "name", "template_key"):
        yield GraphNode(key, NodeKind.VIEW, template_key, name)
        yield GraphEdge(HAS_VIEW, question.site.pk, key)
    members = ViewMember.objects.filter(view__site=question.site).order_by("pk")
    for view, node in members.values_list("view", "node"):
        yield GraphEdge(MEMBER_OF, node, view)


def _relationships(question: Question) -> Contribution:
    definition = site_definition(question.site)
    known = definition.relationships if definition else {}
    visible = Relationship.objects.visible_to(question.principal).filter(site=question.site)
    for key, kind, source, target in visible.order_by("pk").values_list(
        "pk", "kind", "source", "target"
    ):
        classes = known[kind].classes if kind in known else ()
        yield GraphEdge(RELATED, source, target, kind, key, classes)


def _people(question: Question) -> Contribution:
    """Add those who belong to the site or live in it, as far as the caller may know of them."""
    principal, site = question.principal, question.site
    if not principal.has_scope("members:read"):
        return
    members = SiteMember.objects.visible_to(principal).current(question.at).filter(site=site)
    rows = members.order_by("pk").values_list("user", "user__name", "role")
    for user, name, role in rows:
        yield GraphNode(user, PERSON, "", name)
        yield GraphEdge(BELONGS_TO, user, site.pk, role)
    occupancies = Occupancy.objects.visible_to(principal).current(question.at).filter(site=site)
    for user, name, space in occupancies.order_by("pk").values_list("user", "user__name", "space"):
        yield GraphNode(user, PERSON, "", name)
        yield GraphEdge(OCCUPIES, user, space)


for _contributor in (_spaces, _views, _relationships, _people):
    register_contributor(_contributor)
