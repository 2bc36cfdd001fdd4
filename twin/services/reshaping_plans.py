"""Plan to make one space of two, and two of one: looked at first, applied and undone as any plan.

The rules are those of the deeds themselves (``space_merging``), asked when the plan is made and,
for rights, again when it is applied.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from config.lib.ids import uuid7
from twin.contents import count_contents
from twin.errors import SpaceGone, invalid_field
from twin.models import Plan, Relationship, Site, Space, View, ViewMember
from twin.planning.changes import CREATE, MOVE, REMOVE, Change, Live, Outcome, Standing
from twin.planning.removals import HOLDING
from twin.planning.spaces import change_of
from twin.planning.text import counted
from twin.selectors.topology import Snapshot, read_building
from twin.services.containment import check_place
from twin.services.planning import keep_plan
from twin.services.space_merging import check_children, check_rights, mergeable

# What goes over to the space that stays; rights to the one that goes end.
GOES_OVER = {*HOLDING, "views", "relationships", "series", "metering_points"}
Order = dict[UUID | None, list[Standing]]


@transaction.atomic
def plan_merge(site: Site, space: UUID, *, into: UUID) -> Plan:
    """Plan to let one space go up in another of its kind.

    Raises: SpaceGone; InvalidInput, SpaceOccupied and AccessWouldWiden as `merge_spaces`.
    """
    found = Space.objects.filter(site=site).in_bulk([space, into])
    if len(found) < len({space, into}):
        raise SpaceGone()
    one, target = found[space], mergeable(found[space], found[into])
    check_rights(one, target)
    inner = list(Space.objects.filter(parent=one).in_order())
    check_children(site, inner, below=target)
    snapshot = read_building(site.pk, also=_wider_views(one, target))
    outcome = Outcome()
    _join_children(outcome, snapshot.live, space=one, target=target)
    _join_views(outcome, snapshot.live, space=one, target=target)
    outcome.work.create_edges = _edges_over(one, target)
    _let_go(outcome, snapshot.live.spaces[one.pk], target=target)
    outcome.work.merges = [(one.pk, target.pk)]
    return _kept(site, snapshot, outcome, deed="merge")


@transaction.atomic
def plan_split(site: Site, space: UUID, *, name: str, children: Collection[UUID]) -> Plan:
    """Plan a sibling of the same kind right behind a space, with some of its children.

    Raises: SpaceGone; InvalidInput (``#/children``, or as for a new space).
    """
    one = Space.objects.filter(site=site, pk=space).select_related("parent").first()
    if one is None:
        raise SpaceGone()
    check_place(site, kind=one.kind, parent=one.parent)
    snapshot = read_building(site.pk)
    live = snapshot.live.spaces
    if any(key not in live or live[key].parent != space for key in children):
        raise invalid_field("children", "elsewhere", f"Not all of these stand in {one.name}.")
    stands = live[space]
    made = replace(stands, id=uuid7(), name=name, key="", position=stands.position + 1)
    moved = [live[key] for key in live if key in set(children)]
    outcome = Outcome()
    after = {"name": name, "kind": made.kind, "properties": made.properties}
    reason = f"It is to be parted from {one.name}."
    outcome.changes.append(change_of(CREATE, made, reason=reason, after=after))
    order = _order(snapshot.live)
    beside = order[stands.parent]
    beside.insert(beside.index(stands) + 1, made)
    order[space] = [child for child in order.get(space, []) if child not in moved]
    order[made.id] = sorted(moved, key=lambda child: child.position)
    _number(outcome, snapshot.live, order)
    outcome.changes += _moves(order[made.id], made.id, reason=f"It goes to {name}.")
    return _kept(site, snapshot, outcome, deed="split")


def _kept(site: Site, snapshot: Snapshot, outcome: Outcome, *, deed: str) -> Plan:
    fresh = Site.objects.select_related("template_version__template").get(pk=site.pk)
    return keep_plan(
        fresh,
        request={"by_hand": deed},
        version=fresh.template_version,
        parameters=fresh.parameters,
        snapshot=snapshot,
        outcome=outcome,
    )


def _wider_views(space: Space, target: Space) -> list[UUID]:
    """Return the views across sites whose rule names the space, and will name the other."""
    views = View.objects.filter(site=None, organisation=space.organisation_id)
    named = views.filter(rule__icontains=str(space.pk)).values_list("pk", "rule")
    old, new = str(space.pk), str(target.pk)
    return [key for key, rule in named if _renamed(rule, old, new) != rule]


def _order(live: Live) -> Order:
    """Return the children of each space in order."""
    order: Order = {}
    for space in sorted(live.spaces.values(), key=lambda one: (one.position, one.id)):
        order.setdefault(space.parent, []).append(space)
    return order


def _number(outcome: Outcome, live: Live, order: Mapping[UUID | None, list[Standing]]) -> None:
    """Let each stand where the order says: what is new is made, what differs is written."""
    for parent, inner in order.items():
        for position, space in enumerate(inner):
            shall = replace(space, parent=parent, position=position)
            if space.id not in live.spaces:
                outcome.work.create.append(shall)
            elif shall != live.spaces[space.id]:
                outcome.work.update.append(shall)


def _moves(spaces: Collection[Standing], parent: UUID, *, reason: str) -> list[Change]:
    return [
        change_of(
            MOVE,
            replace(space, parent=parent),
            reason=reason,
            before={"parent": str(space.parent)},
            after={"parent": str(parent)},
        )
        for space in spaces
    ]


def _join_children(outcome: Outcome, live: Live, *, space: Space, target: Space) -> None:
    order = _order(live)
    moved = order.pop(space.pk, [])
    order[space.parent_id].remove(live.spaces[space.pk])
    order.setdefault(target.pk, []).extend(moved)
    _number(outcome, live, order)
    outcome.changes += _moves(moved, target.pk, reason=f"It goes over to {target.name}.")


def _join_views(outcome: Outcome, live: Live, *, space: Space, target: Space) -> None:
    """Let views hold the target where they held the space, by hand or by rule."""
    members = ViewMember.objects.filter(node=space.pk).values_list("view", flat=True)
    there = set(ViewMember.objects.filter(node=target.pk).values_list("view", flat=True))
    outcome.work.add_members = [(view, target.pk) for view in members if view not in there]
    for view in live.views.values():
        rule = _renamed(view.rule, str(space.pk), str(target.pk))
        if rule != view.rule:
            outcome.work.update_views.append(replace(view, rule=rule))
            outcome.notes.append(f"The rule of the view {view.name} names {target.name} then.")


def _renamed(value: Any, old: str, new: str) -> Any:
    """Return a rule that names another space; one that named both names it once."""
    if isinstance(value, dict):
        return {key: _renamed(one, old, new) for key, one in value.items()}
    if not isinstance(value, list):
        return new if value == old else value
    inner = [_renamed(one, old, new) for one in value]
    return list(dict.fromkeys(inner)) if old in value else inner


def _edges_over(space: Space, target: Space) -> list[tuple[UUID, str, UUID, UUID]]:
    """Return the edges of the space as edges of the target, without rings and doubles."""
    fields = ("source", "kind", "target")
    beside = Relationship.objects.filter(Q(source=target.pk) | Q(target=target.pk))
    known = set(beside.values_list(*fields))
    made = []
    own = Relationship.objects.filter(Q(source=space.pk) | Q(target=space.pk)).order_by("pk")
    for source, kind, end in own.values_list(*fields):
        ends = (target.pk if one == space.pk else one for one in (source, end))
        row = (next(ends), kind, next(ends))
        if row[0] != row[2] and row not in known:
            known.add(row)
            made.append((uuid7(), kind, row[0], row[2]))
    return made


def _let_go(outcome: Outcome, space: Standing, *, target: Space) -> None:
    held = count_contents([space.id]).get(space.id, {})
    outcome.work.remove.append(space.id)
    outcome.work.relocate[space.id] = target.pk
    ends = {sort: count for sort, count in held.items() if count and sort not in GOES_OVER}
    reason = f"It goes up in {target.name}."
    outcome.changes.append(change_of(REMOVE, space, reason=reason, takes_with=ends))
    over = counted({sort: held[sort] for sort in held if sort in GOES_OVER})
    if over:
        outcome.notes.append(f"{', '.join(over)} of {space.name} go over to {target.name}.")
