"""Spaces in the admin: added below a parent, renamed, moved, reordered, deleted."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from twin.admin.base import ServiceAdmin
from twin.admin.histories import StoryAdmin
from twin.models import Site, Space
from twin.selectors.templates import site_definition
from twin.selectors.trees import tree_of, walk_tree
from twin.services.space_creation import create_space
from twin.services.spaces import change_space, delete_space

MAX_CHOICES = 2_000
INDENT = "\u2003"


class SpaceForm(forms.ModelForm):
    """A space; offers only the kinds and the parents that its site has."""

    class Meta:
        model = Space
        fields = ("site", "kind", "name", "parent", "position", "properties")
        widgets: ClassVar = {"properties": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].required = False
        site = self._site()
        if site is None:
            return
        if "kind" in self.fields:
            self._offer_kinds(site)
        self._offer_parents(site)

    def _site(self) -> Site | None:
        """Return the site of the space, or the one that the page was opened for."""
        if self.instance.site_id:
            return self.instance.site
        key = self.data.get("site") or self.initial.get("site")
        return Site.objects.filter(pk=key).first() if key else None

    def _offer_kinds(self, site: Site) -> None:
        definition = site_definition(site)
        if definition is None:
            return
        above = Space.objects.filter(pk=self.initial.get("parent") or None).first()
        kinds = definition.kinds
        if above is not None and above.kind in kinds:
            kinds = {key: kinds[key] for key in kinds[above.kind].contains}
        names = [(key, kind.name) for key, kind in kinds.items()]
        self.fields["kind"] = forms.ChoiceField(choices=names)

    def _offer_parents(self, site: Site) -> None:
        """Offer the other spaces of the site, indented; a huge site asks for the id."""
        rows = list(walk_tree(tree_of(Space.objects.filter(site=site))))
        if len(rows) > MAX_CHOICES:
            return
        choices = [(row["id"], f"{INDENT * row['depth']}{row['name']}") for row in rows]
        parents: Any = self.fields["parent"]
        parents.queryset = Space.objects.filter(site=site)
        parents.widget = forms.Select(choices=[("", "– directly in the site –"), *choices])


@admin.register(Space)
class SpaceAdmin(StoryAdmin, ServiceAdmin):
    """Spaces of all sites."""

    form = SpaceForm
    change_form_template = "admin/twin/space/change_form.html"
    list_display = ("name", "kind", "site", "parent", "position")
    list_filter = ("kind",)
    list_select_related = ("site", "parent")
    search_fields = ("name",)
    raw_id_fields = ("site",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep site and kind of a space that exists."""
        return ("site", "kind", "template_key") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the template's key of a space that exists."""
        fields = ("site", "kind", "name", "parent", "position", "properties")
        return (*fields, "template_key") if obj else fields

    def add(self, form: Any) -> Space:
        """Add the space."""
        given = dict(form.cleaned_data)
        return create_space(**given)

    def change(self, thing: Space, form: Any) -> None:
        """Rename, describe, move or reorder, whatever was changed."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        if changes.get("position", 0) is None:
            del changes["position"]
        change_space(thing, **changes)

    def inside(self, thing: Space) -> list[str]:
        """Count what goes with the space."""
        below = Space.objects.within(thing).count() - 1
        return [f"the {below} spaces in it"] if below else []

    def remove(self, thing: Space) -> None:
        """Delete the space with everything below it, if it is still there."""
        if Space.objects.filter(pk=thing.pk).exists():
            delete_space(thing)

    def response_post_save_add(self, request: HttpRequest, obj: Space) -> HttpResponseRedirect:
        """Go back to the site's tree."""
        return HttpResponseRedirect(reverse("admin:twin_site_change", args=[obj.site_id]))

    response_post_save_change = response_post_save_add
