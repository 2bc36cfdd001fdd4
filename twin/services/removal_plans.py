"""Plan the removal of one part of a building: what goes with it, and where its contents go."""

from collections import Counter
from uuid import UUID

from django.db import transaction

from twin.contents import count_contents
from twin.errors import SpaceGone
from twin.models import Plan, Site, Space
from twin.planning.changes import REFUSE, REMOVE, Change, Outcome, Standing
from twin.planning.removals import HOLDING, what_holds
from twin.planning.spaces import change_of
from twin.selectors.topology import read_building
from twin.services.planning import keep_plan

REASON = "It is to be removed."


@transaction.atomic
def plan_removal(site: Site, space: UUID, *, move_to: UUID | None = None) -> Plan:
    """Plan to remove a space with all below it; devices and people go where ``move_to`` says.

    Nothing is written but the plan, which is applied and undone as any other. It is refused while
    something is inside that is told no place to go. A constant number of queries.
    Raises: SpaceGone.
    """
    site = Site.objects.select_related("template_version__template").get(pk=site.pk)
    snapshot = read_building(site.pk)
    top = snapshot.live.spaces.get(space)
    if top is None:
        raise SpaceGone()
    below = Space.objects.filter(pk=space).values_list("path", flat=True).get()
    rows = Space.objects.filter(path__within=[below]).order_by("path")
    subtree = [snapshot.live.spaces[key] for key in rows.values_list("pk", flat=True)]
    staying = snapshot.live.spaces.keys() - {one.id for one in subtree}
    outcome = _outcome(top, subtree, target=move_to if move_to in staying else None)
    request = {"remove": str(space), "move_to": str(move_to) if move_to else None}
    return keep_plan(
        site,
        request=request,
        version=site.template_version,
        parameters=site.parameters,
        snapshot=snapshot,
        outcome=outcome,
    )


def _outcome(top: Standing, subtree: list[Standing], *, target: UUID | None) -> Outcome:
    held = count_contents([one.id for one in subtree])
    total: Counter[str] = Counter()
    for counts in held.values():
        total.update(counts)
    holds = " and ".join(what_holds(total))
    outcome = Outcome()
    if holds and target is None:
        reason = f"It holds {holds}. Say where they go, or move them elsewhere first."
        refusal = change_of(REFUSE, top, reason=reason, code="occupied", takes_with=dict(total))
        outcome.changes.append(refusal)
        return outcome
    for one in subtree:
        counts = {**total, "spaces": len(subtree) - 1} if one is top else held.get(one.id, {})
        outcome.changes.append(_removal(one, top, counts=dict(counts)))
        outcome.work.remove.append(one.id)
        if target is not None and any(held.get(one.id, {}).get(sort) for sort in HOLDING):
            outcome.work.relocate[one.id] = target
    return outcome


def _removal(space: Standing, top: Standing, *, counts: dict[str, int]) -> Change:
    reason = REASON if space is top else f"It goes with {top.name}."
    takes = {sort: count for sort, count in counts.items() if count}
    return change_of(REMOVE, space, reason=reason, takes_with=takes)
