"""The building editor: one page per site, and the addresses that its script speaks to."""

from collections.abc import Callable
from functools import update_wrapper, wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_GET, require_POST

from config.lib.errors import DomainError, InvalidInput
from config.lib.problems import problem_response
from twin.admin.base import sentences
from twin.admin.editor_bodies import (
    read_deed,
    read_merge,
    read_removal,
    read_search,
    read_split,
)
from twin.admin.planning import lines_of
from twin.fittings import Search, find_fitting, spare_fittings
from twin.models import Plan, Site, Space, View
from twin.selectors.editor import (
    branches_of,
    building_of,
    details_of,
    links_of,
    members_of,
    missing_in,
    thing_row,
)
from twin.selectors.templates import site_definition
from twin.services.applying import apply_plan
from twin.services.deeds import Deed
from twin.services.editing import Edit, edit_site
from twin.services.removal_plans import plan_removal
from twin.services.reshaping_plans import plan_merge, plan_split
from twin.services.undoing import undo_plan

MAX_SPARE = 50
PLACE = "<uuid:object_id>/editor/"
REMOVE = "twin.delete_space"
# What a deed that is planned first asks for.
NEEDED = {
    "remove": (REMOVE,),
    "merge": (REMOVE, "twin.change_space"),
    "split": ("twin.add_space", "twin.change_space"),
}
Page = Callable[..., HttpResponse]


def answering(page: Page) -> Page:
    """Answer a refusal as a problem whose ``detail`` says in plain words what is wrong."""

    @wraps(page)
    def guarded(*args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return page(*args, **kwargs)
        except DomainError as error:
            data = {} if isinstance(error, InvalidInput) else error.data
            return problem_response(
                error.status,
                slug=error.slug,
                title=error.title,
                detail=" ".join(sentences(error)),
                **data,
            )

    return guarded


class EditorPages:
    """Adds the editor to the admin of sites."""

    def get_urls(self: Any) -> list[URLPattern]:
        """Add the addresses of the editor."""
        reads = {
            "": (self.editor_page, "editor"),
            "building/": (self.editor_building, "editor_building"),
            "links/": (self.editor_links, "editor_links"),
            "spare/": (self.editor_spare, "editor_spare"),
            "spaces/<uuid:space>/": (self.editor_space, "editor_space"),
            "views/<uuid:view>/": (self.editor_view, "editor_view"),
        }
        writes = {
            "edits/": (self.editor_edit, "editor_edit"),
            "removals/": (self.editor_removal, "editor_removal"),
            "merges/": (self.editor_merge, "editor_merge"),
            "splits/": (self.editor_split, "editor_split"),
            "plans/<uuid:plan>/apply/": (self.editor_apply, "editor_apply"),
            "plans/<uuid:plan>/undo/": (self.editor_undo, "editor_undo"),
        }
        own = [
            path(PLACE + at, self._watched(require_GET(page)), name=f"twin_site_{name}")
            for at, (page, name) in reads.items()
        ]
        wrap = self.admin_site.admin_view
        own += [
            path(PLACE + at, wrap(require_POST(answering(page))), name=f"twin_site_{name}")
            for at, (page, name) in writes.items()
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def _watched(self: Any, page: Page) -> Page:
        """Let the log of what staff look at know the page, as it does those of the admin itself."""

        def wrapper(*args: Any, **kwargs: Any) -> HttpResponse:
            response: HttpResponse = self.admin_site.admin_view(answering(page))(*args, **kwargs)
            return response

        wrapper.model_admin = self  # type: ignore[attr-defined]
        return update_wrapper(wrapper, page)

    def editor_page(self: Any, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Show the page; its script asks for the building."""
        site = self.site_of(request, object_id)
        may = {
            "add": request.user.has_perm("twin.add_space"),
            "change": request.user.has_perm("twin.change_space"),
            "remove": request.user.has_perm(REMOVE),
        }
        places = {"root": reverse("admin:twin_site_editor", args=[site.pk]), "may": may}
        context = {"title": f"Building editor: {site.name}", "places": places}
        response: HttpResponse = self.page(request, "editor", site, context)
        return response

    def editor_building(self: Any, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Return the whole building in brief."""
        return JsonResponse(building_of(self.site_of(request, object_id)))

    def editor_links(self: Any, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Return the relationships between the building's parts."""
        return JsonResponse({"links": links_of(self.site_of(request, object_id))})

    def editor_space(self: Any, request: HttpRequest, object_id: UUID, space: UUID) -> HttpResponse:
        """Return one space in full."""
        site = self.site_of(request, object_id)
        return JsonResponse(details_of(site, get_object_or_404(Space, pk=space, site=site)))

    def editor_view(self: Any, request: HttpRequest, object_id: UUID, view: UUID) -> HttpResponse:
        """Return what a view holds."""
        site = self.site_of(request, object_id)
        return JsonResponse(members_of(get_object_or_404(View, pk=view, site=site)))

    def editor_spare(self: Any, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Return devices that could be brought to the site."""
        site, asked = self.site_of(request, object_id), read_search(request)
        search = Search(asked["q"], categories=asked["category"], types=asked["type"])
        found = spare_fittings(site, search, limit=MAX_SPARE)
        return JsonResponse({"things": [thing_row(one) for one in found]})

    def editor_edit(self: Any, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Do one deed; answer what has changed of the tree, and what undoes it."""
        site = self.site_of(request, object_id)
        deed, seen = read_deed(request)
        if not request.user.has_perm(deed.needed()):
            raise PermissionDenied
        return JsonResponse(_answer(site, deed, edit=edit_site(site, deed, seen=seen)))

    def editor_removal(self: Any, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Plan a removal; answer what goes with it."""
        site, asked = self._site_for(request, object_id, deed="remove"), read_removal(request)
        return _looked_at(plan_removal(site, asked["space"], move_to=asked["move_to"]))

    def editor_merge(self: Any, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Plan to let a space go up in another; answer what becomes of it."""
        site, asked = self._site_for(request, object_id, deed="merge"), read_merge(request)
        return _looked_at(plan_merge(site, asked["space"], into=asked["into"]))

    def editor_split(self: Any, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Plan to make two spaces of one; answer what goes to the new one."""
        site, asked = self._site_for(request, object_id, deed="split"), read_split(request)
        space, children = asked["space"], asked["children"]
        return _looked_at(plan_split(site, space, name=asked["name"], children=children))

    def editor_apply(self: Any, request: HttpRequest, object_id: UUID, plan: UUID) -> HttpResponse:
        """Apply what was planned here; answer the building."""
        return self._rebuilt(request, object_id, plan, deed=apply_plan)

    def editor_undo(self: Any, request: HttpRequest, object_id: UUID, plan: UUID) -> HttpResponse:
        """Undo what was planned here; answer the building."""
        return self._rebuilt(request, object_id, plan, deed=undo_plan)

    def _rebuilt(
        self: Any, request: HttpRequest, object_id: UUID, key: UUID, *, deed: Callable[[Plan], Plan]
    ) -> HttpResponse:
        plan = Plan.objects.defer(*Plan.HEAVY).filter(pk=key, site=object_id).first()
        site = self._site_for(
            request, object_id, deed=plan.request.get("by_hand") if plan else None
        )
        if plan is None:
            raise Http404
        deed(plan)
        return JsonResponse(building_of(Site.objects.get(pk=site.pk)))

    def _site_for(self: Any, request: HttpRequest, object_id: UUID, *, deed: str | None) -> Site:
        """Return the site, for those who may do such a deed to it."""
        site: Site = self.site_of(request, object_id)
        if not request.user.has_perms(NEEDED.get(deed or "remove", NEEDED["remove"])):
            raise PermissionDenied
        return site


def _looked_at(plan: Plan) -> HttpResponse:
    """Return what a plan says, for somebody who decides on it."""
    shown = lines_of(plan)
    return JsonResponse(
        {
            "plan": str(plan.pk),
            "can_apply": plan.is_applicable,
            "totals": shown["totals"],
            "refusals": [line["reason"] for line in shown["refusals"]],
            "changes": [line["text"] for line in shown["changes"]],
            "signs": [line["sign"] for line in shown["changes"]],
            "notes": plan.notes,
        }
    )


def _answer(site: Site, deed: Deed, *, edit: Edit) -> dict[str, Any]:
    """Return what changed: of the tree, of things and of slots to fill."""
    done = edit.done
    answer: dict[str, Any] = {
        "revision": str(edit.revision),
        "news": edit.news,
        "node": str(done.node),
        "undo": done.inverse.as_json(),
        "branches": branches_of(site, done.parents),
    }
    if done.held or deed.name == "put":
        held = Space.objects.filter(pk__in=done.held)
        found = find_fitting(done.node)
        missing = missing_in(site_definition(site), held)
        answer["missing"] = {str(key): missing.get(str(key), 0) for key in done.held}
        answer["thing"] = thing_row(found[1]) if found and found[1].site else None
    elif deed.name == "add":
        answer["missing"] = missing_in(site_definition(site), Space.objects.filter(pk=done.node))
    return answer
