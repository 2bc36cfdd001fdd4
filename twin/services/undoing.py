"""Undo applied plans: the building stands as it stood, ids and all, or the refusal says why not."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Consent
from accounts.principals import Principal
from twin.choices import PlanStatus
from twin.contents import count_contents, move_contents_back
from twin.errors import PlanNotUndoable
from twin.models import ConsentNode, Declaration, Plan, Relationship, Site, Space, ViewMember
from twin.planning.changes import Work
from twin.planning.text import counted
from twin.selectors.topology import current_marks, digest
from twin.services.applying import announce, lock, lock_views, touched
from twin.services.captures import restore, restore_links
from twin.services.deletion import delete_set
from twin.services.inhabitants import PEOPLE
from twin.services.nodes import delete_nodes
from twin.services.occupancies import check_moving
from twin.services.rebuilding import (
    add_members,
    mend_paths,
    remove_members,
    tell_moving,
    update_spaces,
    update_views,
)
from twin.services.work import load_space, load_view, load_work

NUMBER_AGAIN = """
UPDATE twin_space s SET position = n.place FROM (
    SELECT id, row_number() OVER (PARTITION BY parent_id ORDER BY position, id) - 1 AS place,
        max(sharing) OVER (PARTITION BY parent_id) AS sharing
    FROM (SELECT id, parent_id, position,
            count(*) OVER (PARTITION BY parent_id, position) AS sharing
        FROM twin_space WHERE site_id = %(site)s) numbered
) n WHERE s.id = n.id AND n.sharing > 1 AND s.position <> n.place
"""


@transaction.atomic
def undo_plan(plan: Plan, *, principal: Principal | None = None) -> Plan:
    """Put the building back to what it was before the plan was applied.

    People move back by the rights of who gives access: without ``principal`` nothing is asked.
    Raises: PlanNotUndoable, if the plan is not applied, a newer one is, what it wrote was changed
    since, or something new stands in or hangs on what it made; ScopeMissing, RoleMissing,
    ConsentLimited.
    """
    site, plan = lock(plan)
    work = load_work(plan.work)
    lock_views(work)
    _refuse_if_newer(site, plan, work=work)
    inverse = plan.inverse or {}
    if principal is not None and inverse["moved"].get(PEOPLE):
        check_moving(principal, site)
    made: list[Any] = [*work.create, *work.create_views]
    written: list[Any] = [*work.update, *work.update_views]
    before = [load_space(row) for row in inverse["spaces"]]
    now = {one.id: one.parent for one in work.update}
    tell_moving(one.id for one in before if one.parent != now[one.id])
    # What the plan moved into what it made goes back below, and not with it.
    Space.objects.filter(parent__any=[one.id for one in work.create]).exclude(
        pk__any=[one.id for one in work.create]
    ).update(parent=None)
    delete_nodes(one.id for one in made)
    delete_set(Relationship, (key for key, *_ in work.create_edges))
    keys = {one.id: one.key for one in written}
    update_spaces(before, keys=keys)
    update_views([load_view(row) for row in inverse["views"]], keys=keys)
    restore(_still_agreed(inverse["removed"], plan))
    restore(inverse.get("edges", []))
    restore_links(inverse.get("links", []))
    mend_paths(site)
    remove_members(work.add_members)
    add_members(site, work.remove_members)
    move_contents_back(inverse["moved"])
    _number_again(site)
    _declare_again(site, inverse)
    plan.status, plan.undone_at = PlanStatus.UNDONE, timezone.now()
    plan.save(update_fields=["status", "undone_at", "updated_at"])
    announce(site, plan, work, is_undone=True)
    return plan


def _still_agreed(removed: list[Any], plan: Plan) -> list[Any]:
    """Leave out what consents covered whose users have said something else since."""
    label = ConsentNode._meta.label
    chosen = [row["consent_id"] for name, rows in removed if name == label for row in rows]
    same = Consent.objects.filter(
        pk__in=chosen, revoked_at=None, is_limited=True, updated_at__lte=plan.applied_at
    )
    kept = {str(key) for key in same.values_list("pk", flat=True)}
    return [
        (name, [row for row in rows if name != label or row["consent_id"] in kept])
        for name, rows in removed
    ]


def _refuse_if_newer(site: Site, plan: Plan, *, work: Work) -> None:
    """Refuse where something newer depends on the plan."""
    if plan.status != PlanStatus.APPLIED:
        raise PlanNotUndoable(what=f"it is {plan.state}, not applied")
    newer = Plan.objects.filter(site=site, status=PlanStatus.APPLIED)
    if newer.filter(applied_at__gt=plan.applied_at).exists():
        raise PlanNotUndoable(what="a newer plan was applied; undo that first")
    if digest(current_marks(site.pk, among=touched(work, site))) != plan.result:
        raise PlanNotUndoable(what="what it wrote has been changed or removed since")
    _refuse_if_used(work)


def _refuse_if_used(work: Work) -> None:
    """Refuse where something stands in, or hangs on, what the plan made."""
    made = [one.id for one in work.create]
    known = [*made, *(one.id for one in work.update)]
    inside = Space.objects.filter(parent__any=made).exclude(pk__any=known).first()
    if inside is not None:
        raise PlanNotUndoable(what=f"{inside.name} was put into what it made")
    # Somebody's consent: neither whose nor how many is anybody else's business.
    if ConsentNode.objects.filter(node__in=made).exists():
        raise PlanNotUndoable(what="somebody relies on what it made")
    held = count_contents(made)
    own = Counter(node for _, node in work.add_members)
    for space in work.create:
        counts = Counter(held.get(space.id, {}))
        counts["views"] -= own[space.id]
        if found := ", ".join(counted(counts)):
            raise PlanNotUndoable(what=f"{space.name}, which it made, has {found}")
    views = [one.id for one in work.create_views]
    members = ViewMember.objects.filter(Q(view__in=views) | Q(node__in=views))
    if views and set(members.values_list("view", "node")) - set(work.add_members):
        raise PlanNotUndoable(what="a view that it made has members or is one")


def _number_again(site: Site) -> None:
    """Number siblings anew where one came in since beside what stands again."""
    with connection.cursor() as cursor:
        cursor.execute(NUMBER_AGAIN, {"site": site.pk})


def _declare_again(site: Site, inverse: dict[str, Any]) -> None:
    """Let the site be declared as it was."""
    site.template_version_id = UUID(inverse["version"]) if inverse["version"] else None
    site.parameters = inverse["parameters"]
    site.save(update_fields=["template_version", "parameters", "updated_at"])
    if inverse["declaration"] is None:
        Declaration.objects.filter(pk=site.pk).delete()
    else:
        Declaration.objects.update_or_create(site=site, defaults=inverse["declaration"])
