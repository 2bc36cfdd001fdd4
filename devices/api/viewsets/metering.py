"""``metering-points/``: what is billed, what feeds it, and what it comes to."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.errors import InvalidInput
from config.lib.parameters import EMBED, TRIM, read_parameters
from config.lib.renderers import JSONRenderer
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from devices.api.filters import MeteringPointFilter
from devices.api.metering import as_csv, problem_of, range_of, shown, streamed_csv
from devices.api.readings import CSVRenderer
from devices.api.serializers.metering import (
    AssignmentChangeIn,
    AssignmentIn,
    AssignmentOut,
    ConsumptionOut,
    ConsumptionQuery,
    ExplainedOut,
    MeteringPointChangeIn,
    MeteringPointIn,
    MeteringPointOut,
    OneConsumptionQuery,
)
from devices.api.serializers.readings import CSV
from devices.metering.consumption import read_consumption
from devices.metering.explanations import explain
from devices.models import Assignment, MeteringPoint, Point
from devices.services import metering
from devices.services.formulas import Term
from devices.services.metering import Feed


def read_formula(given: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a body with its formula as terms."""
    if given.get("formula") is None:
        return given
    return {**given, "formula": [Term(**term) for term in given["formula"]]}


class MeteringPointViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Metering points: a medium and a direction at a place, whatever meter hangs there."""

    queryset = MeteringPoint.objects.none()
    serializer_class = MeteringPointOut
    filterset_class = MeteringPointFilter
    search_fields = ("name",)
    required_scopes: ClassVar = {
        "list": "devices:read",
        "retrieve": "devices:read",
        "create": "devices:write",
        "partial_update": "devices:write",
        "consumption": "readings:read",
    }
    query_parameters: ClassVar = {"consumption": tuple(OneConsumptionQuery().fields)}

    def get_queryset(self) -> QuerySet[MeteringPoint]:
        """Return the visible metering points; to read, also those that a readable device fed."""
        if self.action == "consumption":
            readable = MeteringPoint.objects.all().readable_by(self.principal)
            return readable.select_related("site")
        visible: QuerySet[MeteringPoint] = MeteringPoint.objects.visible_to(self.principal)
        return visible.prefetch_related("terms")

    @extend_schema(request=MeteringPointIn, responses={201: MeteringPointOut})
    def create(self, request: Request) -> Response:
        """Make a metering point; with a formula it is virtual."""
        given = self.read(MeteringPointIn)
        for name in ("site", "space"):
            if given.get(name) is not None:
                self.check_object_permissions(request, given[name])
        self._check_sources(given)
        point = metering.create_metering_point(**read_formula(given))
        return self.answer(self.get_queryset().get(pk=point.pk), HTTPStatus.CREATED)

    @extend_schema(request=MeteringPointChangeIn, responses=MeteringPointOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Rename, tag or move a metering point, change its formula, take it out of use."""
        point, changes = self.get_object(), self.read_changes(MeteringPointChangeIn)
        if changes.get("space") is not None:
            self.check_object_permissions(request, changes["space"])
        self._check_sources(changes)
        metering.update_metering_point(metering_point=point, changes=read_formula(changes))
        return self.answer(self.get_queryset().get(pk=point.pk))

    @extend_schema(parameters=[OneConsumptionQuery], responses=ExplainedOut)
    @action(detail=True, renderer_classes=[JSONRenderer, CSVRenderer])
    def consumption(self, request: Request, id: str) -> HttpResponse:
        """Return the consumption in buckets, across swaps of the meter, as JSON or CSV.

        With `explain=true` each number comes with the counters, assignments, factors and
        corrections behind it. What is not yours to read is left out; a finer interval than granted
        is refused.
        """
        point, asked = self.get_object(), read_parameters(request, OneConsumptionQuery)
        wanted = range_of(asked)
        (found,) = read_consumption([point], asked=wanted, principal=self.principal)
        if found.refused is not None:
            raise found.refused
        if request.accepted_renderer.format == CSV:
            return as_csv(found)
        body = shown(found, asked)
        if asked["explain"]:
            body["explanation"] = explain(found, asked=wanted, principal=self.principal)
        return Response(body)

    def _check_sources(self, given: dict[str, Any]) -> None:
        """Refuse to count what the caller only sees: its consumption is passed on by the sum."""
        for term in given.get("formula") or ():
            self.check_object_permissions(self.request, term["source"])


class ConsumptionViewSet(ListMixin, ApiViewSet):
    """The consumption of many metering points at once, page by page."""

    queryset = MeteringPoint.objects.none()
    serializer_class = ConsumptionOut
    filterset_class = MeteringPointFilter
    search_fields = ("name",)
    required_scopes: ClassVar = {"list": "readings:read"}
    query_parameters: ClassVar = {"list": tuple(ConsumptionQuery().fields)}
    renderer_classes = (JSONRenderer, CSVRenderer)

    def get_queryset(self) -> QuerySet[MeteringPoint]:
        """Return the visible metering points with their sites."""
        visible: QuerySet[MeteringPoint] = MeteringPoint.objects.visible_to(self.principal)
        return visible.select_related("site")

    def allowed_parameters(self) -> set[str]:
        """Return the names of the parameters; columns are not trimmed."""
        return super().allowed_parameters() - {TRIM, EMBED}

    @extend_schema(
        parameters=[ConsumptionQuery],
        responses=ConsumptionOut(many=True),
        operation_id="metering_points_consumption_list",
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return the consumption of each metering point of a page: a bill for many buildings.

        One that may not be read so finely costs itself only: its `problem` says why. As CSV it is
        one table of all of them, streamed, without pages.
        """
        asked = read_parameters(request, ConsumptionQuery)
        found = self.filter_queryset(self.get_queryset())
        if request.accepted_renderer.format == CSV:
            return streamed_csv(found, asked=range_of(asked), principal=self.principal)
        page = self.paginate_queryset(found)
        points: Any = page or []
        answers = read_consumption(points, asked=range_of(asked), principal=self.principal)
        bodies = [{**shown(one, asked), "problem": problem_of(one)} for one in answers]
        return self.get_paginated_response(bodies)


class AssignmentViewSet(ListMixin, ApiViewSet):
    """What feeds a metering point, and when."""

    queryset = Assignment.objects.none()
    told_since: datetime | None = None
    serializer_class = AssignmentOut
    lookup_url_kwarg = "assignment"
    required_scopes: ClassVar = {
        "list": "devices:read",
        "create": "devices:write",
        "partial_update": "devices:write",
        "destroy": "devices:write",
    }

    def metering_point(self) -> MeteringPoint:
        """Return the metering point of the path, if it is visible."""
        visible = MeteringPoint.objects.visible_to(self.principal)
        return get_object_or_404(visible, pk=self.kwargs["id"])

    def get_queryset(self) -> QuerySet[Assignment]:
        """Return the assignments of the metering point, of the time that is open to the caller."""
        owner = self.metering_point()
        found = Assignment.objects.filter(metering_point=owner)
        self.told_since = owner.told_since(self.principal)
        if self.told_since is not None:
            lasting = Q(period__upper_inf=True) | Q(period__endswith__gt=self.told_since)
            found = found.filter(lasting)
        return found.select_related("point__type", "point__device", "metering_point")

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell since when the caller may be told of counters."""
        return {**super().get_serializer_context(), "told_since": self.told_since}

    def check_object_permissions(self, request: Request, obj: Any) -> None:
        """Let the metering point decide about its assignments."""
        owner = obj.metering_point if isinstance(obj, Assignment) else obj
        super().check_object_permissions(request, owner)

    @extend_schema(operation_id="metering_points_assignments_list")
    def list(self, request: Request, id: str) -> Response:
        """List what has fed the metering point, in the order in which it was entered."""
        return super().list(request)

    @extend_schema(request=AssignmentIn, responses={201: AssignmentOut})
    def create(self, request: Request, id: str) -> Response:
        """Let a counter of a device feed the metering point; what feeds it so far ends then."""
        owner = self.metering_point()
        self.check_object_permissions(request, owner)
        given = self.read(AssignmentIn)
        device, key = given.pop("device"), given.pop("point")
        self.check_object_permissions(request, device)
        points = Point.objects.filter(device=device, type__key=key)
        point = points.select_related("type", "device").first()
        if point is None:
            text = f"The device has no point {key}."
            raise InvalidInput([("#/point", "does_not_exist", text)])
        made = metering.assign_point(metering_point=owner, feed=Feed(point=point, **given))
        return self.answer(made, HTTPStatus.CREATED)

    @extend_schema(request=AssignmentChangeIn, responses=AssignmentOut)
    def partial_update(self, request: Request, id: str, assignment: str) -> Response:
        """End an assignment, or correct its times, factor and counters."""
        found, changes = self.get_object(), self.read_changes(AssignmentChangeIn)
        changed = metering.change_assignment(assignment=found, changes=changes)
        return self.answer(self.get_queryset().get(pk=changed.pk))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str, assignment: str) -> Response:
        """Take away an assignment that never was; what has fed is ended instead."""
        metering.remove_assignment(assignment=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)
