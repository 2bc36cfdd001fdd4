"""The page on which staff import device types for an organisation, after a dry run."""

from functools import update_wrapper
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path

from accounts.models import Organisation
from config.lib.errors import InvalidInput
from devices.services.type_documents import document_of
from devices.services.type_imports import Outcome, import_types
from twin.definitions.documents import (
    MAX_CHARACTERS,
    UnreadableDocument,
    read_document,
    write_document,
)

PERMISSIONS = ("devices.add_devicetype", "devices.change_devicetype")


class TypeImportForm(forms.Form):
    """For whom, and the document: a file, or text."""

    organisation = forms.ModelChoiceField(Organisation.objects.order_by("name"))
    file = forms.FileField(required=False, help_text="YAML or JSON, in the catalogue's format.")
    text = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 22, "class": "type-source", "spellcheck": "false"}),
        help_text="Or the document itself; a file goes before.",
    )

    def clean(self) -> dict[str, Any]:
        """Read the document; keep its text, so that what was tried can be done."""
        given: dict[str, Any] = super().clean() or {}
        text = self._text(given.get("file")) or given.get("text", "")
        if not text.strip():
            raise ValidationError("Choose a file, or write a document.", "required")
        try:
            given["document"] = read_document(text)
        except UnreadableDocument as unreadable:
            raise ValidationError(unreadable.finding.detail, "unreadable") from unreadable
        self.data = {**{name: self.data[name] for name in self.data}, "text": text}
        return given

    def _text(self, file: UploadedFile | None) -> str:
        if file is None:
            return ""
        if (file.size or 0) > 4 * MAX_CHARACTERS:
            raise ValidationError(f"Use at most {MAX_CHARACTERS:,} characters.", "too-long")
        try:
            return file.read().decode()
        except UnicodeDecodeError as error:
            raise ValidationError("Write the file in UTF-8.", "bad-encoding") from error


class TypeImportPages:
    """Adds the import, and the way out, to the admin of device types."""

    def get_urls(self: Any) -> list[URLPattern]:
        """Add the addresses of the pages."""
        own = [
            path("import/", self._watched(self.import_page), name="devices_devicetype_import"),
            path(
                "<uuid:object_id>/yaml/",
                self._watched(self.yaml_page),
                name="devices_devicetype_yaml",
            ),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def _watched(self: Any, page: Any) -> Any:
        """Let the log of what staff look at know the page."""

        def wrapper(*args: Any, **kwargs: Any) -> HttpResponse:
            response: HttpResponse = self.admin_site.admin_view(page)(*args, **kwargs)
            return response

        wrapper.model_admin = self  # type: ignore[attr-defined]
        return update_wrapper(wrapper, page)

    def import_page(self: Any, request: HttpRequest) -> HttpResponse:
        """Say what would become of each type; do it when that was asked for."""
        if not request.user.has_perms(PERMISSIONS):
            raise PermissionDenied
        form = TypeImportForm(request.POST or None, request.FILES or None)
        outcomes: list[Outcome] = []
        is_done = False
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            asked = {"organisation_id": given["organisation"].pk, "document": given["document"]}
            try:
                outcomes = import_types(**asked, dry_run=True)
                if "apply" in request.POST and not _refused(outcomes):
                    outcomes, is_done = import_types(**asked, dry_run=False), True
            except InvalidInput as error:
                for one in error.findings:
                    form.add_error(None, f"{one.pointer}: {one.detail}")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Import device types",
            "form": form,
            "outcomes": outcomes,
            "is_done": is_done,
            "can_apply": bool(outcomes) and not is_done and not _refused(outcomes),
        }
        return render(request, "admin/devices/devicetype/import.html", context)

    def yaml_page(self: Any, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Give a type as YAML that an import takes."""
        kind = get_object_or_404(self.get_queryset(request), pk=object_id)
        if not self.has_view_permission(request, kind):
            raise PermissionDenied
        text = write_document({**document_of(kind), "version": kind.version})
        name = f'attachment; filename="{kind.key}.yaml"'
        return HttpResponse(text, "application/yaml", headers={"Content-Disposition": name})


def _refused(outcomes: list[Outcome]) -> bool:
    return any(outcome.findings for outcome in outcomes)
