"""Sites in the admin: made from a template, shown with their tree."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from twin.admin.base import ServiceAdmin
from twin.admin.editor import EditorPages
from twin.admin.histories import StoryAdmin
from twin.admin.planning import PlanPages
from twin.choices import VersionStatus
from twin.models import Site, SiteMember, Space, TemplateVersion
from twin.selectors.trees import tree_of, walk_tree
from twin.services.sites import build_site, change_site, delete_site

MAX_SHOWN = 5_000
ADD_FIELDS = ("name", "organisation", "template_version", "parameters")
PLACE_FIELDS = ("time_zone", "address", "latitude", "longitude")


class SiteForm(forms.ModelForm):
    """A site: what is chosen once when it is made, and what can be changed."""

    class Meta:
        model = Site
        fields = (*ADD_FIELDS, *PLACE_FIELDS)
        widgets: ClassVar = {
            "parameters": forms.Textarea(attrs={"rows": 4, "placeholder": '{"floors": 4}'}),
            "address": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "template_version" in self.fields:
            published = TemplateVersion.objects.filter(status=VersionStatus.PUBLISHED)
            choices: Any = self.fields["template_version"]
            choices.queryset = published.select_related("template").defer("definition", "source")


class SiteMemberInline(admin.TabularInline):
    """Who is a member of the site."""

    model = SiteMember
    extra = 0
    fields = ("user", "role", "starts_at", "ends_at")
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: members have a page of their own."""
        return False


@admin.register(Site)
class SiteAdmin(EditorPages, StoryAdmin, PlanPages, ServiceAdmin):
    """Sites, each with its tree of spaces."""

    form = SiteForm
    change_form_template = "admin/twin/site/change_form.html"
    change_list_template = "admin/twin/site/change_list.html"
    list_display = ("name", "organisation", "template", "time_zone", "created_at")
    list_filter = ("time_zone",)
    list_select_related = ("organisation", "template_version__template")
    search_fields = ("name",)
    autocomplete_fields = ()
    raw_id_fields = ("organisation",)
    inlines = (SiteMemberInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        """Leave the templates' definitions where they are."""
        sites = super().get_queryset(request)
        return sites.defer("template_version__definition", "template_version__source")

    @admin.display(description="template", ordering="template_version")
    def template(self, site: Site) -> str:
        """Return ``key@number``."""
        return site.template_version.reference if site.template_version else "–"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Offer what can be changed; what was chosen when it was made is only shown."""
        return ("name", *PLACE_FIELDS, "made_of") if obj else (*ADD_FIELDS, *PLACE_FIELDS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what cannot be changed any more."""
        return ("made_of",) if obj else ()

    @admin.display(description="made of")
    def made_of(self, site: Site) -> str:
        """Return the template and the parameters that the site was built with."""
        given = ", ".join(f"{key} = {value}" for key, value in site.parameters.items())
        return format_html("<strong>{}</strong> {}", self.template(site), given)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Show members of a site that exists."""
        return self.inlines if obj else ()

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """Add the tree to the page of a site."""
        site = kw.get("obj")
        if site is not None:
            rows = list(walk_tree(tree_of(Space.objects.filter(site=site))))
            context["tree"] = rows[:MAX_SHOWN]
            context["total"] = len(rows)
        return super().render_change_form(request, context, *args, **kw)

    def add(self, form: Any) -> Site:
        """Build the site."""
        given = dict(form.cleaned_data)
        version, organisation = given.pop("template_version"), given.pop("organisation")
        site, _ = build_site(
            organisation=organisation.pk if organisation else None,
            template=version.reference if version else "",
            **given,
        )
        return site

    def change(self, thing: Site, form: Any) -> None:
        """Change the fields that were changed."""
        change_site(thing, **{name: form.cleaned_data[name] for name in form.changed_data})

    def inside(self, thing: Site) -> list[str]:
        """Count what goes with the site."""
        return [f"its {thing.spaces.count()} spaces and {thing.views.count()} views"]

    def remove(self, thing: Site) -> None:
        """Delete the site with its tree."""
        delete_site(thing)


@admin.register(SiteMember)
class SiteMemberAdmin(admin.ModelAdmin):
    """People at sites."""

    list_display = ("user", "role", "site", "starts_at", "ends_at")
    list_select_related = ("user", "site")
    list_filter = ("role",)
    raw_id_fields = ("user", "site", "organisation")
