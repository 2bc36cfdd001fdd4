"""``imports/``: whole portfolios from one file, tried first."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import Count, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import ConsentLimited
from accounts.tenancy import acting_organisation
from config.lib.errors import ScopeMissing
from config.lib.parsers import JSONParser
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from devices import tasks
from devices.api.filters import ImportFilter, ImportRowFilter
from devices.api.serializers.imports import (
    ClaimCodeOut,
    ClaimCodesOut,
    ImportApplyIn,
    ImportIn,
    ImportOut,
    ImportReportOut,
    ImportRowOut,
    ImportRowsIn,
    ImportTemplateQuery,
)
from devices.models import BulkImport, ImportRow
from devices.services import imports
from devices.services.onboarding.files import MEDIA_TYPES, WRITERS, read_file, read_objects
from devices.services.onboarding.reports import report_lines
from devices.services.onboarding.sheet import SheetRow, read_rows

# What a row of each type makes, beside what every import needs.
SCOPES = {"gateway": "devices:write", "asset": "fleets:write", "device": "devices:write"}


class ImportViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Bulk imports of sites, spaces, gateways, assets and devices."""

    queryset = BulkImport.objects.none()
    serializer_class = ImportOut
    filterset_class = ImportFilter
    parser_classes = (MultiPartParser, JSONParser)
    required_scopes: ClassVar = {
        "list": "sites:read",
        "retrieve": "sites:read",
        "report": "sites:read",
        "template": "sites:read",
        "create": "sites:write",
        "apply": "sites:write",
        "claim_codes": "fleets:write",
        "destroy": "sites:write",
    }
    query_parameters: ClassVar = {"template": ("type",)}

    def get_queryset(self) -> QuerySet[BulkImport]:
        """Return the imports of the caller's organisations."""
        return BulkImport.objects.visible_to(self.principal)

    def get_serializer_class(self) -> Any:
        """Show what only one import is asked for: its rows by state."""
        return ImportReportOut if self.action in {"retrieve", "apply"} else ImportOut

    def get_object(self) -> BulkImport:
        """Return the import with the number of its rows in each state."""
        job: BulkImport = super().get_object()
        counts = ImportRow.objects.filter(bulk_import=job).values_list("status")
        job.rows_by_status = dict(counts.annotate(Count("pk")).order_by())
        return job

    @extend_schema(
        request={"multipart/form-data": ImportIn, "application/json": ImportRowsIn},
        responses={202: ImportOut},
    )
    def create(self, request: Request) -> Response:
        """Hand in a file of up to 10,000 rows. A worker checks it without effect."""
        if self.principal.is_limited:
            raise ConsentLimited()
        given, rows = self._read_rows(request)
        self._check_scopes(rows)
        organisation = acting_organisation(self.principal, given.get("organisation"))
        job = imports.start_import(
            organisation=organisation, file_name=given["name"], mode=given["mode"], rows=rows
        )
        tasks.run_import.delay_on_commit(str(job.pk))
        return self.answer(job, HTTPStatus.ACCEPTED)

    def _read_rows(self, request: Request) -> tuple[dict[str, Any], list[SheetRow]]:
        if request.content_type and "json" in request.content_type:
            given = self.read(ImportRowsIn)
            return given, read_rows(read_objects(given["rows"]))
        given = self.read(ImportIn)
        given["name"] = given["file"].name
        return given, read_rows(read_file(given["name"], given["file"].read()))

    def _check_scopes(self, rows: list[SheetRow]) -> None:
        """Ask for the scope of each type of row in the file."""
        for scope in sorted({SCOPES[row.type] for row in rows if row.type in SCOPES}):
            if not self.principal.has_scope(scope):
                raise ScopeMissing(scope=scope)

    @extend_schema(request=ImportApplyIn, responses={202: ImportReportOut})
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, id: str) -> Response:
        """Apply a checked import; a worker does it and the import tells how far it is."""
        job = self.get_object()
        asked = imports.request_application(job, **self.read(ImportApplyIn))
        asked.rows_by_status = job.rows_by_status
        tasks.run_import.delay_on_commit(str(asked.pk))
        return self.answer(asked, HTTPStatus.ACCEPTED)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=True)
    def report(self, request: Request, id: str) -> StreamingHttpResponse:
        """Return the outcome of all rows as CSV, a line for each finding."""
        job: BulkImport = super().get_object()
        answer = StreamingHttpResponse(report_lines(job), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="import-{job.pk}.csv"'
        return answer

    @extend_schema(request=None, responses=ClaimCodesOut)
    @action(detail=True, methods=["post"], url_path="claim-codes")
    def claim_codes(self, request: Request, id: str) -> Response:
        """Show the claim codes of what the import declared, once."""
        rows = imports.fetch_claim_codes(super().get_object())
        return Response({"results": ClaimCodeOut(rows, many=True).data})

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Forget an import; what it made stays."""
        imports.delete_import(super().get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(
        parameters=[ImportTemplateQuery], responses={(200, "text/csv"): OpenApiTypes.BINARY}
    )
    @action(detail=False)
    def template(self, request: Request) -> HttpResponse:
        """Return a file to fill in, with a row of each type as an example."""
        query = ImportTemplateQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        kind = query.validated_data["type"]
        answer = HttpResponse(WRITERS[kind](), content_type=MEDIA_TYPES[kind])
        answer["Content-Disposition"] = f'attachment; filename="atrium-import.{kind}"'
        return answer


class ImportRowViewSet(ListMixin, ApiViewSet):
    """The rows of one import, in the order of the file, and what becomes of each."""

    queryset = ImportRow.objects.none()
    serializer_class = ImportRowOut
    filterset_class = ImportRowFilter
    required_scopes: ClassVar = {"list": "sites:read"}

    def get_queryset(self) -> QuerySet[ImportRow]:
        """Return the rows of the import in the path, or answer 404."""
        visible = BulkImport.objects.visible_to(self.principal)
        return ImportRow.objects.filter(
            bulk_import=get_object_or_404(visible, pk=self.kwargs["id"])
        )
