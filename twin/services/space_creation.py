"""Create spaces, one or thousands at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q
from django_ltree.fields import PathValue

from twin.choices import NodeKind
from twin.errors import invalid_field
from twin.models import Node, Site, Space
from twin.services.containment import check_place, check_properties
from twin.services.trees import MAX_DEPTH, place_among_siblings
from twin.signals import space_created

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class SpaceDraft:
    """A space to be made: in which site, of which kind, called what, below which space."""

    site: Site
    kind: str
    name: str
    parent: Space | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


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
    with transaction.atomic():
        draft = SpaceDraft(site, kind, name, parent=parent, properties=properties or {})
        (space,) = create_spaces([draft])
        if position is not None:
            place_among_siblings(space, position)
    return space


@transaction.atomic
def create_spaces(drafts: Sequence[SpaceDraft]) -> list[Space]:
    """Add spaces of one or several sites, each last among its siblings, in the order given.

    A constant number of statements. Shape: one space for each draft, in order; all or none.
    Raises: as `create_space`, for the first that cannot be.
    """
    sites = _lock_sites(draft.site for draft in drafts)
    parents = _fresh_parents(drafts)
    beside, places = _standing(sites, parents)
    spaces = []
    for draft in drafts:
        parent = parents[draft.parent.pk] if draft.parent else None
        room = (draft.site.pk, draft.parent and draft.parent.pk)
        count = beside[(*room, draft.kind)]
        check_place(sites[draft.site.pk], kind=draft.kind, parent=parent, beside=count)
        beside[(*room, draft.kind)] += 1
        spaces.append(_new_space(sites[draft.site.pk], draft, parent=parent, position=places[room]))
        places[room] += 1
    Node.objects.bulk_create([space.node for space in spaces], batch_size=BATCH)
    Space.objects.bulk_create(spaces, batch_size=BATCH)
    if spaces:
        space_created.send(sender=Space, spaces=spaces)
    return spaces


def _new_space(site: Site, draft: SpaceDraft, *, parent: Space | None, position: int) -> Space:
    """Return the space that a draft makes, checked and not yet written."""
    node = Node(kind=NodeKind.SPACE, site=site, organisation_id=site.organisation_id)
    space = Space(
        node=node,
        site=site,
        organisation_id=site.organisation_id,
        parent=parent,
        path=_path_below(parent, node.pk),
        position=position,
        kind=draft.kind,
        name=draft.name,
        properties=check_properties(site, kind=draft.kind, properties=dict(draft.properties)),
    )
    space.clean_fields(exclude=["node", "site", "organisation", "parent", "path"])
    return space


def _lock_sites(sites: Iterable[Site]) -> dict[UUID, Site]:
    """Lock the sites in the order of their keys, so that no two callers wait for each other."""
    keys = {site.pk for site in sites}
    return Site.objects.select_for_update(no_key=True).order_by("pk").in_bulk(keys)


def _fresh_parents(drafts: Sequence[SpaceDraft]) -> dict[UUID, Space]:
    """Return the parents as they stand under the lock.

    Raises: InvalidInput, if one is gone or stands in another site.
    """
    found = Space.objects.in_bulk({draft.parent.pk for draft in drafts if draft.parent})
    for draft in drafts:
        parent = draft.parent and found.get(draft.parent.pk)
        if draft.parent and (parent is None or parent.site_id != draft.site.pk):
            raise invalid_field("parent", "other-site", "Name a space of the same site.")
    return found


def _standing(
    sites: Iterable[UUID], parents: Iterable[UUID]
) -> tuple[Counter[tuple[Any, ...]], Counter[tuple[Any, ...]]]:
    """Return what stands where already: how many of each kind, and the first free position."""
    there = Space.objects.filter(Q(parent__in=parents) | Q(site__in=sites, parent=None))
    rows = there.values_list("site", "parent", "kind")
    kinds: Counter[tuple[Any, ...]] = Counter()
    places: Counter[tuple[Any, ...]] = Counter()
    for *room, kind, count, last in rows.annotate(Count("pk"), Max("position")).order_by():
        kinds[(*room, kind)] = count
        places[tuple(room)] = max(places[tuple(room)], last + 1)
    return kinds, places


def _path_below(parent: Space | None, key: UUID) -> PathValue:
    """Return the path of a space that stands below the parent.

    Raises: InvalidInput, if the tree became too deep.
    """
    labels = [*(parent.path if parent else ()), key.hex]
    if len(labels) > MAX_DEPTH:
        raise invalid_field("parent", "too-deep", f"Spaces nest at most {MAX_DEPTH} levels deep.")
    return PathValue(labels)
