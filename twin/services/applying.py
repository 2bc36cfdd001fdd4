"""Apply plans: exactly what they say, in one transaction, and undo them exactly."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.principals import Principal
from config.lib.times import format_time
from twin.choices import PlanStatus
from twin.contents import count_contents, let_go, move_contents
from twin.errors import PlanApplied, PlanExpired, PlanOutdated, PlanRefused
from twin.models import Declaration, Occupancy, Plan, Relationship, Site, Space, View
from twin.planning.changes import Work
from twin.planning.removals import what_holds
from twin.selectors.topology import Snapshot, current_marks, digest, read_building
from twin.services.captures import capture, capture_links, capture_rows, only_gone, read_again
from twin.services.deletion import delete_set
from twin.services.nodes import delete_nodes
from twin.services.occupancies import check_moving, lives_or_will_in
from twin.services.rebuilding import rebuild
from twin.services.space_merging import check_rights, narrow_consents
from twin.services.upgrade_choices import note_applied
from twin.services.work import dump_space, dump_view, load_work
from twin.signals import site_replanned, site_updated, view_updated

MAX_NAMED = 20
CHANGED = ("parameters", "spaces", "template", "views")


@transaction.atomic
def apply_plan(plan: Plan, *, principal: Principal | None = None) -> Plan:
    """Do exactly what the plan says, or nothing.

    What stays keeps its id. Of two that apply at the same time one waits and is then refused.
    People move by the rights of who gives access: without ``principal`` nothing is asked.
    Raises: PlanApplied, PlanExpired, PlanRefused, PlanOutdated (with what has changed since);
    ScopeMissing, RoleMissing, ConsentLimited.
    """
    site, plan = lock(plan)
    _refuse_unfit(plan)
    work = load_work(plan.work)
    snapshot = read_building(site.pk, also=lock_views(work))
    if snapshot.fingerprint != plan.fingerprint:
        raise outdated(plan, snapshot)
    _refuse_newcomers(work)
    _refuse_new_edges(site, work)
    _guard_merges(work)
    if principal is not None and lives_or_will_in(work.relocate).exists():
        check_moving(principal, site)
    let_go([*work.remove, *work.remove_views])
    inverse = _inverse(site, work, snapshot=snapshot)
    rebuild(site, work, live=snapshot.live)
    inverse["moved"] = move_contents(work.relocate)
    # Who has moved lives there no more: undoing leaves that time as it was lived.
    inverse["removed"] = read_again(inverse["removed"], Occupancy)
    delete_set(Relationship, work.remove_edges)
    delete_nodes([*work.remove, *work.remove_views])
    inverse["removed"] = only_gone(inverse["removed"])
    _declare(site, plan)
    plan.status, plan.applied_at = PlanStatus.APPLIED, timezone.now()
    plan.inverse, plan.result = inverse, digest(current_marks(site.pk, among=touched(work, site)))
    plan.save(update_fields=["status", "applied_at", "inverse", "result", "updated_at"])
    note_applied(plan)
    announce(site, plan, work, is_undone=False)
    return plan


def lock(plan: Plan) -> tuple[Site, Plan]:
    """Lock the site, as every change of its tree does, then read the plan as it stands."""
    site = Site.objects.select_for_update(no_key=True, of=("self",)).get(pk=plan.site_id)
    return site, Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)


def lock_views(work: Work) -> list[UUID]:
    """Lock the views across sites that the work writes: whoever edits them holds no site."""
    wider = View.objects.filter(pk__in=[one.id for one in work.update_views], site=None)
    locked = wider.select_for_update(of=("self",)).order_by("pk")
    return list(locked.values_list("pk", flat=True)) if work.update_views else []


def touched(work: Work, site: Site) -> list[UUID]:
    """Return the ids of the rows that the work writes and that stand afterwards."""
    rows: Iterable[Any] = (*work.create, *work.update, *work.create_views, *work.update_views)
    return [site.pk, *(one.id for one in rows)]


def announce(site: Site, plan: Plan, work: Work, *, is_undone: bool) -> None:
    """Tell that the building changed as a whole: one event, whatever its size.

    Views across sites are no part of it, and each is told of by itself.
    """
    wider = View.objects.filter(pk__in=[one.id for one in work.update_views], site=None)
    for view in wider.order_by("pk") if work.update_views else ():
        view_updated.send(sender=View, view=view, changes=["rule"])
    site_replanned.send(sender=Site, site=site, plan=plan, is_undone=is_undone)
    site_updated.send(sender=Site, site=site, changes=list(CHANGED))


def outdated(plan: Plan, snapshot: Snapshot) -> PlanOutdated:
    """Return the refusal that says what has changed since the plan was made."""
    base: Mapping[str, list[str]] = plan.base
    live = snapshot.live
    rows: list[Any] = [*live.spaces.values(), *live.views.values()]
    named = {str(one.id): one for one in rows}
    changed = {
        "added": [one.name for key, one in named.items() if key not in base],
        "removed": [name for key, (name, _) in base.items() if key not in named],
        "changed": [
            one.name
            for key, one in named.items()
            if key in base and snapshot.marks[one.id][:8] != base[key][1]
        ],
    }
    parts = [f"{len(names)} {what}" for what, names in changed.items() if names]
    return PlanOutdated(
        what=", ".join(parts) or "its template or parameters",
        changed={what: sorted(names)[:MAX_NAMED] for what, names in changed.items()},
    )


def _refuse_unfit(plan: Plan) -> None:
    if plan.status in {PlanStatus.APPLIED, PlanStatus.UNDONE}:
        applied_at = format_time(plan.applied_at) if plan.applied_at else ""
        raise PlanApplied(applied_at=applied_at)
    if plan.state == PlanStatus.EXPIRED:
        raise PlanExpired(expired_at=format_time(plan.expires_at))
    if plan.summary.get("refuse"):
        raise PlanRefused(refused=plan.summary["refuse"])


def _refuse_newcomers(work: Work) -> None:
    """Refuse if something has come into a space that goes, since the plan was made."""
    held = count_contents([key for key in work.remove if key not in work.relocate])
    for counts in held.values():
        if found := list(what_holds(counts)):
            what = f"{', '.join(found)} came into a space that it removes"
            raise PlanOutdated(what=what, changed={})


def _refuse_new_edges(site: Site, work: Work) -> None:
    """Refuse if relationships of a type that goes were made since the plan was."""
    edges = Relationship.objects.filter(site=site, kind__in=work.dropped)
    gone = [*work.remove, *work.remove_views]
    left = edges.exclude(pk__in=work.remove_edges)
    if work.dropped and left.exclude(Q(source__in=gone) | Q(target__in=gone)).exists():
        what = f"a relationship of a type that goes was made ({', '.join(work.dropped)})"
        raise PlanOutdated(what=what, changed={})


def _guard_merges(work: Work) -> None:
    """Let nobody's access widen: rights may have been given since the plan was made.

    Raises: SpaceOccupied, AccessWouldWiden.
    """
    for one, into in work.merges:
        spaces = Space.objects.in_bulk([one, into])
        check_rights(spaces[one], spaces[into])
        narrow_consents(spaces[one], spaces[into])


def _inverse(site: Site, work: Work, *, snapshot: Snapshot) -> dict[str, Any]:
    """Return all that undoing needs: rows as they are now, and what goes with the removed."""
    spaces, views = snapshot.live.spaces, snapshot.live.views
    removed = capture([*work.remove, *work.remove_views]) if _removes(work) else []
    declaration = Declaration.objects.filter(pk=site.pk).values("name", "exceptions", "spec")
    return {
        "spaces": [dump_space(spaces[one.id]) for one in work.update],
        "views": [dump_view(views[one.id]) for one in work.update_views],
        "removed": removed,
        "links": capture_links(removed),
        "edges": capture_rows(Relationship, work.remove_edges),
        "version": str(site.template_version_id) if site.template_version_id else None,
        "parameters": site.parameters,
        "declaration": declaration.first(),
    }


def _removes(work: Work) -> bool:
    return bool(work.remove or work.remove_views)


def _declare(site: Site, plan: Plan) -> None:
    """Let the site be what the plan declares it to be; some plans declare nothing new."""
    site.template_version_id = plan.template_version_id
    site.parameters = plan.parameters
    site.save(update_fields=["template_version", "parameters", "updated_at"])
    if "declared" not in plan.request:
        return
    kept = {"name": site.name, **plan.request["declared"]}
    Declaration.objects.update_or_create(site=site, defaults=kept)
