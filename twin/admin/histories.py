"""The history tab of sites and spaces: what happened there, as the API tells it."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from twin.models import Site, Space
from twin.selectors.changes import Question, story_of
from twin.selectors.stories import told

SHOWN = 50


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class StoryAdmin(admin.ModelAdmin):
    """Shows the story kept by the database instead of the admin's own log of its forms."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what happened at a site or to a space, newest first."""
        thing: Site | Space | None = self.get_object(request, object_id)
        if thing is None:
            raise Http404
        if not self.has_view_or_change_permission(request, thing):
            raise PermissionDenied
        site = thing if isinstance(thing, Site) else thing.site
        node = None if isinstance(thing, Site) else thing.pk
        before = _cursor(request.GET.get("before", ""))
        story = story_of(Question(site, None, SHOWN, before=before, node=node))
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {thing}",
            "opts": self.opts,
            "object": thing,
            "changes": told(story),
            "following": story.following,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/twin/history.html", context)
