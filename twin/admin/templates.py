"""Topology templates in the admin: written as YAML, checked, published, deprecated."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from config.lib.errors import Finding, InvalidInput
from twin.admin.base import ServiceAdmin
from twin.choices import VersionStatus
from twin.models import TemplateVersion, TopologyTemplate
from twin.services.templates import (
    add_version,
    change_version,
    checked_document,
    create_template,
)


def _line(finding: Finding) -> str:
    """Return where a rule is broken, and how to mend it."""
    return f"{finding.pointer.removeprefix('#/definition') or '/'}: {finding.detail}"


class SourceField(forms.CharField):
    """A definition as YAML or JSON text; every broken rule is told with its place."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 40, "class": "twin-source", "spellcheck": "false"})
        super().__init__(widget=widget, label="definition", strip=False, **kwargs)

    def clean(self, value: Any) -> Any:
        """Check the whole definition."""
        text = super().clean(value)
        try:
            checked_document(text)
        except InvalidInput as invalid:
            raise ValidationError(
                [
                    f"{one.pointer.removeprefix('#/definition')}: {one.detail}"
                    for one in invalid.findings
                ]
            ) from invalid
        return text


class TemplateForm(forms.ModelForm):
    """A new template: whose it is, and its first version."""

    source = SourceField()

    class Meta:
        model = TopologyTemplate
        fields = ("organisation",)


class VersionForm(forms.ModelForm):
    """A draft."""

    source = SourceField()

    class Meta:
        model = TemplateVersion
        fields = ("template", "source")


class VersionInline(admin.TabularInline):
    """The versions of a template."""

    model = TemplateVersion
    extra = 0
    fields = ("number", "status", "published_at", "deprecated_at")
    readonly_fields = fields
    can_delete = False
    show_change_link = True
    ordering = ("number",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: versions have a page of their own."""
        return False


@admin.register(TopologyTemplate)
class TopologyTemplateAdmin(ServiceAdmin):
    """Templates and which versions they have."""

    list_display = ("key", "name", "ontology", "organisation")
    list_select_related = ("organisation",)
    search_fields = ("key", "name")
    raw_id_fields = ("organisation",)
    inlines = (VersionInline,)
    fields = ("key", "name", "ontology", "organisation", "description")
    readonly_fields = fields

    class Media:
        css: Any = {"all": ["twin/admin.css"]}

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Ask for the definition of a new template."""
        return super().get_form(request, obj, *args, **kwargs) if obj else TemplateForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what a template says, or ask for a new one."""
        return self.fields if obj else ("organisation", "source")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A template follows its versions, so none of its fields can be typed."""
        return self.readonly_fields if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Show the versions of a template that exists."""
        return self.inlines if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: sites are made of it."""
        return False

    def add(self, form: Any) -> TopologyTemplate:
        """Make the template with its first draft."""
        organisation = form.cleaned_data["organisation"]
        key = organisation.pk if organisation else None
        version = create_template(organisation=key, definition=form.cleaned_data["source"])
        return version.template

    def change(self, thing: TopologyTemplate, form: Any) -> None:
        """Change nothing: a template follows its versions."""


@admin.register(TemplateVersion)
class TemplateVersionAdmin(ServiceAdmin):
    """Versions: a draft can be written, a published one is kept as it is."""

    form = VersionForm
    list_display = ("reference", "status", "organisation", "published_at", "deprecated_at")
    list_select_related = ("template", "organisation")
    list_filter = ("status",)
    search_fields = ("template__key",)
    raw_id_fields = ("template",)
    actions = ("publish", "deprecate")

    class Media:
        css: Any = {"all": ["twin/admin.css"]}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Let a draft be written; show anything else."""
        if obj is None:
            return ("template", "source")
        head = ("template", "number", "status", "published_at", "deprecated_at")
        return (*head, "source" if obj.status == VersionStatus.DRAFT else "shown")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what cannot be typed."""
        return (*self.get_fields(request, obj)[:-1], "shown") if obj else ()

    @admin.display(description="definition")
    def shown(self, version: TemplateVersion) -> str:
        """Return the definition as its author wrote it."""
        return format_html('<pre class="twin-source">{}</pre>', version.source)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: sites are made of it."""
        return False

    def add(self, form: Any) -> TemplateVersion:
        """Add the next version as a draft."""
        given = form.cleaned_data
        return add_version(template=given["template"], definition=given["source"])

    def change(self, thing: TemplateVersion, form: Any) -> None:
        """Redefine the draft."""
        if "source" in form.changed_data:
            change_version(version=thing, definition=form.cleaned_data["source"])

    @admin.action(description="Publish the selected drafts")
    def publish(self, request: HttpRequest, queryset: QuerySet[TemplateVersion]) -> None:
        """Publish drafts; from then on they never change."""
        self._move_on(request, queryset, status=VersionStatus.PUBLISHED)

    @admin.action(description="Deprecate the selected versions")
    def deprecate(self, request: HttpRequest, queryset: QuerySet[TemplateVersion]) -> None:
        """Deprecate versions; no new site can be made of them."""
        self._move_on(request, queryset, status=VersionStatus.DEPRECATED)

    def _move_on(
        self, request: HttpRequest, versions: QuerySet[TemplateVersion], *, status: VersionStatus
    ) -> None:
        deed: Callable[..., TemplateVersion] = change_version
        for version in versions:
            deed(version=version, status=status)
        self.message_user(request, f"{len(versions)} versions are {status.label.lower()} now.")
