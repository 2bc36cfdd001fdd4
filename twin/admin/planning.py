"""The pages of plans: choose what a site shall become, read the plan, settle, apply, undo."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from config.lib.errors import DomainError
from twin.admin.base import sentences
from twin.admin.parameter_words import parameter_rows
from twin.choices import PlanStatus, VersionStatus
from twin.models import Plan, Site, TemplateVersion
from twin.planning.changes import BOTH, REFUSE
from twin.planning.text import SIGNS, describe, folded, totals
from twin.services.applying import apply_plan
from twin.services.planning import Wish, make_plan
from twin.services.undoing import undo_plan

MAX_LINES = 500
LABELS = {"keep-local": "Keep what was changed here", "take-template": "Take the template's"}


class ObjectField(forms.JSONField):
    """A JSON object, written as text."""

    default_error_messages = {"no_object": "Write a JSON object: {…}."}

    def __init__(self, *, rows: int, example: str, **kwargs: Any) -> None:
        area = forms.Textarea(attrs={"rows": rows, "placeholder": example})
        super().__init__(required=False, widget=area, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show nothing where nothing is set."""
        return "" if value is None else super().prepare_value(value)

    def clean(self, value: Any) -> Any:
        """Refuse what is JSON, but no object; nothing at all is None."""
        cleaned = super().clean(value)
        if cleaned is not None and not isinstance(cleaned, dict):
            raise forms.ValidationError(self.error_messages["no_object"], "no_object")
        return cleaned


class WishForm(forms.Form):
    """What a site shall become."""

    template = forms.ModelChoiceField(
        TemplateVersion.objects.none(),
        label="Template version",
        help_text="Published versions that this site can be an instance of.",
    )
    parameters = ObjectField(
        rows=3,
        example='{"floors": 5}',
        help_text="Only what shall be different; the rest stays as the site was built with.",
    )
    exceptions = ObjectField(
        rows=4,
        example='{"building/staircase-1/floor-4/flat-3": {"name": "Dr Weiss"}}',
        help_text="What this building has otherwise than the layout, by stable key: kind, name, "
        "properties, omit. Left empty, the exceptions so far stay; {} ends them.",
    )
    relocate = ObjectField(
        rows=3,
        example='{"building/floor-5": "building/common-area"}',
        help_text="Where devices and people of spaces that go shall go, by key or id.",
    )

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["template"]
        field.queryset = offered_versions(site)
        field.initial = field.queryset.first()


def offered_versions(site: Site) -> Any:
    """Return the published versions for a site: of its template, newest first, or of all."""
    published = TemplateVersion.objects.filter(status=VersionStatus.PUBLISHED)
    if site.template_version is not None:
        published = published.filter(template=site.template_version.template_id)
    else:
        own = published.filter(organisation=site.organisation_id)
        published = own | published.filter(organisation=None)
    related = published.select_related("template").defer("definition", "source")
    return related.order_by("template__key", "-number")


class PlanPages:
    """Adds the pages to the admin of sites."""

    def get_urls(self: Any) -> list[URLPattern]:
        """Add the addresses of the pages."""
        pages = {"plan": self.plan_page, "plans/<uuid:plan>": self.review_page}
        deeds = {"apply": self.apply_one, "undo": self.undo_one, "settle": self.settle_one}
        wrap = self.admin_site.admin_view
        own = [path(f"<uuid:id>/{at}/", wrap(view), name=_name(at)) for at, view in pages.items()]
        own += [
            path(
                f"<uuid:id>/plans/<uuid:plan>/{name}/",
                wrap(require_POST(deed)),
                name=f"twin_site_plan_{name}",
            )
            for name, deed in deeds.items()
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def plan_page(self: Any, request: HttpRequest, id: UUID) -> HttpResponse:
        """Ask what the site shall become, and make the plan."""
        site = self.site_of(request, id)
        form = WishForm(request.POST or None, site=site)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            relocate = given.pop("relocate") or {}
            wished = {**given, "relocate": relocate, "template": given["template"].reference}
            return self.planned(request, site, Wish(**wished))
        newest = form.fields["template"].initial
        rows = parameter_rows(newest, site.parameters) if newest else []
        context = {"form": form, "plans": latest_plans(site), "parameters": rows}
        return self.page(request, "plan", site, context)

    def review_page(self: Any, request: HttpRequest, id: UUID, plan: UUID) -> HttpResponse:
        """Show a plan: what stands in the way first, then every change."""
        site = self.site_of(request, id)
        found = get_object_or_404(Plan.objects.defer(*Plan.HEAVY), pk=plan, site=site)
        return self.page(request, "review", site, {"plan": found, **lines_of(found)})

    def apply_one(self: Any, request: HttpRequest, id: UUID, plan: UUID) -> HttpResponse:
        """Apply the plan."""
        return self.done(request, id, plan, deed=apply_plan, news="The plan is applied.")

    def undo_one(self: Any, request: HttpRequest, id: UUID, plan: UUID) -> HttpResponse:
        """Undo the plan."""
        return self.done(request, id, plan, deed=undo_plan, news="The plan is undone.")

    def settle_one(self: Any, request: HttpRequest, id: UUID, plan: UUID) -> HttpResponse:
        """Make the plan again with what was chosen for its conflicts."""
        site = self.site_of(request, id)
        asked = get_object_or_404(Plan.objects.defer(*Plan.HEAVY), pk=plan, site=site).request
        names = ("template", "parameters", "exceptions", "spec", "relocate")
        kept = {name: asked[name] for name in names if name in asked}
        before = asked.get("choices") or {}
        settled = before if isinstance(before, dict) else {"*": before}
        chosen = {
            name.removeprefix("choice:"): str(value)
            for name, value in request.POST.items()
            if name.startswith("choice:") and value in BOTH
        }
        return self.planned(request, site, Wish(**kept, choices={**settled, **chosen}))

    def planned(self: Any, request: HttpRequest, site: Site, wish: Wish) -> HttpResponse:
        """Make a plan and lead to its page; a refusal is a message."""
        try:
            plan = make_plan(site, wish)
        except DomainError as error:
            self.tell(request, sentences(error))
            return HttpResponseRedirect(reverse("admin:twin_site_plan", args=[site.pk]))
        return HttpResponseRedirect(reverse("admin:twin_site_review", args=[site.pk, plan.pk]))

    def done(
        self: Any, request: HttpRequest, id: UUID, plan: UUID, *, deed: Any, news: str
    ) -> HttpResponse:
        """Do a deed to a plan and lead back to its page."""
        site = self.site_of(request, id)
        found = get_object_or_404(Plan.objects.defer(*Plan.HEAVY), pk=plan, site=site)
        try:
            deed(found)
            self.message_user(request, news, messages.SUCCESS)
        except DomainError as error:
            self.tell(request, sentences(error))
        return HttpResponseRedirect(reverse("admin:twin_site_review", args=[site.pk, plan]))

    def site_of(self: Any, request: HttpRequest, id: UUID) -> Site:
        """Return the site, for those who may change it."""
        site: Site = get_object_or_404(self.get_queryset(request), pk=id)
        if not self.has_change_permission(request, site):
            raise PermissionDenied
        return site

    def page(
        self: Any, request: HttpRequest, name: str, site: Site, context: dict[str, Any]
    ) -> HttpResponse:
        """Render one of the pages in the admin's frame."""
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "site": site}
        title = {"title": f"Plan for {site.name}"}
        return render(request, f"admin/twin/site/{name}.html", {**frame, **title, **context})


def _name(at: str) -> str:
    return "twin_site_plan" if at == "plan" else "twin_site_review"


def latest_plans(site: Site) -> Any:
    """Return the last plans of a site, without what is large."""
    plans = Plan.objects.filter(site=site).select_related("template_version__template")
    heavy = ("changes", "template_version__definition", "template_version__source")
    return plans.defer(*heavy, *Plan.HEAVY).order_by("-pk")[:10]


def lines_of(plan: Plan) -> dict[str, Any]:
    """Return what the page of a plan shows: refusals, changes in words, and what can be done."""
    shown = list(folded(plan.changes))
    refusals = [line for line, _ in shown if line["action"] == REFUSE]
    changes = [
        {"sign": SIGNS[line["action"]], "action": line["action"], "key": line["key"]}
        | {"text": describe(line, inside)}
        for line, inside in shown
        if line["action"] != REFUSE
    ]
    return {
        "refusals": refusals,
        "choices": LABELS,
        "has_conflicts": any(line.get("conflict") for line in refusals),
        "changes": changes[:MAX_LINES],
        "more": max(0, len(changes) - MAX_LINES),
        "totals": totals(plan.summary),
        "can_apply": plan.is_applicable,
        "can_undo": plan.status == PlanStatus.APPLIED,
    }
