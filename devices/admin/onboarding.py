"""The pages of onboarding: hand in a file, read what each row would become, apply, watch."""

from collections.abc import Callable, Collection, Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.models import Organisation
from config.lib.errors import DomainError
from devices import tasks
from devices.admin.import_standing import CODES, FORGET, HAND_IN, standing
from devices.choices import ImportMode
from devices.models import BulkImport, ImportRow
from devices.services import imports
from devices.services.onboarding.files import MEDIA_TYPES, WRITERS, read_file
from devices.services.onboarding.reports import claim_code_lines, report_lines
from devices.services.onboarding.sheet import read_rows
from twin.admin.base import sentences

# What a row of each type makes, beside what every import needs.
MAKES = {
    "site": "twin.add_site",
    "space": "twin.add_space",
    "gateway": "devices.add_gateway",
    "asset": "devices.add_asset",
    "device": "devices.add_device",
}


class FileForm(forms.Form):
    """Whose things the file holds, and the file."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.order_by("name", "pk"), label=gettext_lazy("Organisation")
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, XLSX or JSON, at most 10,000 rows."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx,.json"}),
    )

    def clean(self) -> dict[str, Any]:
        """Read the rows of the file."""
        given: dict[str, Any] = super().clean() or {}
        file = given.get("file")
        if file is None:
            return given
        if file.size > (most := settings.DATA_UPLOAD_MAX_MEMORY_SIZE):
            text = _("The file is larger than %(most)s.") % {"most": filesizeformat(most)}
            self.add_error("file", text)
            return given
        try:
            given["rows"] = read_rows(read_file(file.name, file.read()))
        except DomainError as error:
            self.add_error("file", sentences(error))
        return given


class OnboardingPages:
    """Adds the pages to the admin of imports."""

    def get_urls(self: Any) -> list[URLPattern]:
        """Add the addresses of the pages."""
        pages: dict[str, Callable[..., HttpResponseBase]] = {
            "start": self.start_page,
            "template/<str:kind>": self.template_page,
            "<uuid:id>/apply": require_POST(self.apply_one),
            "<uuid:id>/resume": require_POST(self.resume_one),
            "<uuid:id>/codes": require_POST(self.codes_of_one),
            "<uuid:id>/forget": require_POST(self.forget_one),
            "<uuid:id>/report": self.report_page,
        }
        wrap = self.admin_site.admin_view
        own = [
            path(f"{at}/", wrap(page), name=f"devices_bulkimport_{_last_word(at)}")
            for at, page in pages.items()
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def start_page(self: Any, request: HttpRequest) -> HttpResponse:
        """Take a file in; a worker checks it then, without effect."""
        _require(request, HAND_IN)
        form = FileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            rows = form.cleaned_data["rows"]
            _require(request, *_needed(row.type for row in rows))
            with transaction.atomic():
                job = imports.start_import(
                    organisation=form.cleaned_data["organisation"].pk,
                    file_name=form.cleaned_data["file"].name,
                    mode=ImportMode.ALL,
                    rows=rows,
                )
                tasks.run_import.delay_on_commit(str(job.pk))
            return HttpResponseRedirect(_address(job))
        context = {"form": form, "kinds": sorted(MEDIA_TYPES), "title": _("Onboard a portfolio")}
        return self.framed(request, "start", context)

    def template_page(self: Any, request: HttpRequest, kind: str) -> HttpResponse:
        """Give a file to fill in."""
        _require(request, HAND_IN)
        if kind not in WRITERS:
            raise Http404
        answer = HttpResponse(WRITERS[kind](), content_type=MEDIA_TYPES[kind])
        answer["Content-Disposition"] = f'attachment; filename="atrium-import.{kind}"'
        return answer

    def changelist_view(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Offer to hand in a file to those who may."""
        extra = {"can_hand_in": request.user.has_perm(HAND_IN)}
        shown: HttpResponse = super().changelist_view(request, extra)  # type: ignore[misc]
        return shown

    def change_view(
        self: Any, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show how an import stands, and its rows with what is wrong with them."""
        job = self.get_object(request, object_id)
        if job is None:
            raise Http404
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        return self.framed(request, "watch", standing(job, request))

    def apply_one(self: Any, request: HttpRequest, id: UUID) -> HttpResponse:
        """Ask for a checked import to be applied, all or nothing or row by row."""
        _require(request, HAND_IN)
        job, mode = get_object_or_404(BulkImport, pk=id), request.POST.get("mode", "")
        if mode not in ImportMode.values:
            raise Http404
        types = ImportRow.objects.filter(bulk_import=job).order_by().values_list("type", flat=True)
        _require(request, *_needed(types.distinct()))

        def apply() -> None:
            with transaction.atomic():
                imports.request_application(job, mode=mode)
                tasks.run_import.delay_on_commit(str(job.pk))

        return self.done(request, job, apply)

    def resume_one(self: Any, request: HttpRequest, id: UUID) -> HttpResponse:
        """Ask a worker to go on with an import; one that has it already is left at it."""
        _require(request, HAND_IN)
        job = get_object_or_404(BulkImport, pk=id)
        return self.done(request, job, lambda: tasks.run_import.delay_on_commit(str(job.pk)))

    def codes_of_one(self: Any, request: HttpRequest, id: UUID) -> StreamingHttpResponse:
        """Give the claim codes as a file, once."""
        _require(request, CODES)
        job = get_object_or_404(BulkImport, pk=id)
        rows = imports.fetch_claim_codes(job)
        return _as_csv(claim_code_lines(rows), name=f"claim-codes-{job.pk}")

    def forget_one(self: Any, request: HttpRequest, id: UUID) -> HttpResponse:
        """Forget an import; what it made stays."""
        _require(request, FORGET)
        job = get_object_or_404(BulkImport, pk=id)
        return self.done(request, job, lambda: imports.delete_import(job), is_gone=True)

    def report_page(self: Any, request: HttpRequest, id: UUID) -> StreamingHttpResponse:
        """Give the outcome of all rows as CSV."""
        job = get_object_or_404(BulkImport, pk=id)
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        return _as_csv(report_lines(job), name=f"import-{job.pk}")

    def done(
        self: Any,
        request: HttpRequest,
        job: BulkImport,
        deed: Callable[[], Any],
        *,
        is_gone: bool = False,
    ) -> HttpResponse:
        """Do a deed and lead back, with what was refused."""
        where = _address(job)
        try:
            deed()
            where = reverse("admin:devices_bulkimport_changelist") if is_gone else where
        except DomainError as error:
            for text in sentences(error):
                self.message_user(request, text, messages.ERROR)
        return HttpResponseRedirect(where)

    def framed(self: Any, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        """Render one of the pages in the admin's frame."""
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        return render(request, f"admin/devices/bulkimport/{name}.html", {**frame, **context})


def _needed(types: Iterable[str]) -> Collection[str]:
    return {MAKES[one] for one in types if one in MAKES}


def _require(request: HttpRequest, *permissions: str) -> None:
    if not request.user.has_perms(permissions):
        raise PermissionDenied


def _address(job: BulkImport) -> str:
    return reverse("admin:devices_bulkimport_change", args=[job.pk])


def _last_word(address: str) -> str:
    return next(part for part in reversed(address.split("/")) if not part.startswith("<"))


def _as_csv(lines: Iterable[bytes], *, name: str) -> StreamingHttpResponse:
    disposition = f'attachment; filename="{name}.csv"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
