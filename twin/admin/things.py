"""Nodes, views, members and edges in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from twin.admin.asking import AccessPage
from twin.admin.base import ServiceAdmin
from twin.models import Node, Relationship, View, ViewMember
from twin.services.relationships import delete_relationship
from twin.services.views import change_view, create_view, delete_view

# The page of anything that is a node: it leads to who can see it.
NODE_PAGE = "admin/twin/node/change_form.html"


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that other pages write."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: another page makes these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: another page changes these."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: another page deletes these."""
        return False


@admin.register(Node)
class NodeAdmin(AccessPage, ReadOnlyAdmin):
    """Nodes: what the graph is made of, and who sees them."""

    change_form_template = NODE_PAGE
    change_list_template = "admin/twin/node/change_list.html"
    list_display = ("id", "kind", "site", "organisation")
    list_select_related = ("site", "organisation")
    list_filter = ("kind",)
    search_fields = ("=id",)


class ViewMemberInline(admin.TabularInline):
    """The nodes that were put into a view."""

    model = ViewMember
    extra = 0
    fields = ("node",)
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: the API puts nodes in."""
        return False


@admin.register(View)
class ViewAdmin(ServiceAdmin):
    """Views, their rules and members."""

    change_form_template = NODE_PAGE
    list_display = ("name", "site", "organisation", "template_key")
    list_select_related = ("site", "organisation")
    search_fields = ("name",)
    raw_id_fields = ("site", "organisation")
    fields = ("site", "organisation", "name", "description", "rule")
    inlines = (ViewMemberInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the place of a view that exists."""
        return ("site", "organisation") if obj else ()

    def add(self, form: Any) -> View:
        """Make the view."""
        given = dict(form.cleaned_data)
        organisation = given.pop("organisation")
        return create_view(organisation=organisation.pk if organisation else None, **given)

    def change(self, thing: View, form: Any) -> None:
        """Change what was changed."""
        change_view(thing, **{name: form.cleaned_data[name] for name in form.changed_data})

    def remove(self, thing: View) -> None:
        """Delete the view; what was in it stays."""
        delete_view(thing)


@admin.register(ViewMember)
class ViewMemberAdmin(ReadOnlyAdmin):
    """What was put into views."""

    list_display = ("view", "node", "created_at")
    list_select_related = ("view", "node")


@admin.register(Relationship)
class RelationshipAdmin(ServiceAdmin):
    """Edges; made through the API, which knows what the caller sees."""

    list_display = ("kind", "source", "target", "site")
    list_select_related = ("source", "target", "site")
    list_filter = ("kind",)
    fields = ("kind", "source", "target", "site", "organisation")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: the API joins nodes."""
        return False

    def change(self, thing: Relationship, form: Any) -> None:
        """Change nothing: an edge is deleted and made anew."""

    def remove(self, thing: Relationship) -> None:
        """Part the two nodes."""
        delete_relationship(thing)
