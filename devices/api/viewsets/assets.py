"""``fleets/`` and ``assets/``: what an organisation declares."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import OrganisationRole
from accounts.tenancy import acting_organisation
from config.lib.errors import RoleMissing
from config.lib.parsers import JSONParser
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from devices.api.bulk import AssetsCSVParser, read_declarations
from devices.api.filters import AssetFilter
from devices.api.labels import labels_page
from devices.api.serializers.assets import (
    AssetChangeIn,
    AssetIn,
    AssetOut,
    BulkAssetsIn,
    BulkAssetsOut,
    DeclaredAssetOut,
    FleetChangeIn,
    FleetCoverageOut,
    FleetIn,
    FleetOut,
    LabelsIn,
)
from devices.models import Asset, Device, Fleet
from devices.series.coverage import coverage_of_fleet
from devices.services import assets, fleets
from devices.services.assets import Declaration
from devices.services.labels import issue_claim_codes


class FleetViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Fleets: the devices that an organisation manages, in lots."""

    queryset = Fleet.objects.none()
    serializer_class = FleetOut
    search_fields = ("name",)
    required_scopes: ClassVar = {
        "list": "fleets:read",
        "retrieve": "fleets:read",
        "create": "fleets:write",
        "partial_update": "fleets:write",
        "destroy": "fleets:write",
        "coverage": "fleets:read",
    }

    def get_queryset(self) -> QuerySet[Fleet]:
        """Return the fleets of the caller's organisations."""
        return Fleet.objects.visible_to(self.principal)

    @extend_schema(request=FleetIn, responses={201: FleetOut})
    def create(self, request: Request) -> Response:
        """Make a fleet."""
        given = self.read(FleetIn)
        organisation = acting_organisation(self.principal, given.get("organisation"))
        fleet = fleets.create_fleet(organisation_id=organisation, name=given["name"])
        return self.answer(fleet, HTTPStatus.CREATED)

    @extend_schema(request=FleetChangeIn, responses=FleetOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Rename a fleet."""
        fleet = self.get_object()
        name = self.read_changes(FleetChangeIn).get("name", fleet.name)
        return self.answer(fleets.rename_fleet(fleet=fleet, name=name))

    @extend_schema(responses=FleetCoverageOut)
    @action(detail=True)
    def coverage(self, request: Request, id: str) -> Response:
        """Say how complete the data of the fleet's devices is: over 24 hours, and seven days."""
        fleet = self.get_object()
        devices = Device.objects.visible_to(self.principal).filter(fleet=fleet)
        found = coverage_of_fleet(devices, now=timezone.now())
        return Response({"fleet": str(fleet.pk), **asdict(found)})

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete an empty fleet."""
        fleets.delete_fleet(fleet=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)


class AssetViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Assets: the allow-list. What is not declared never reaches the platform."""

    queryset = Asset.objects.none()
    serializer_class = AssetOut
    filterset_class = AssetFilter
    search_fields = ("manufacturer", "model", "serial")
    required_scopes: ClassVar = {
        "list": "fleets:read",
        "retrieve": "fleets:read",
        "create": "fleets:write",
        "bulk": "fleets:write",
        "claim_code": "fleets:write",
        "labels": "fleets:write",
        "partial_update": "fleets:write",
        "destroy": "fleets:write",
    }

    def get_queryset(self) -> QuerySet[Asset]:
        """Return the assets of the caller's organisations."""
        found: QuerySet[Asset] = Asset.objects.visible_to(self.principal)
        is_embedded = "fleet" in self.request.query_params.get("expand", "").split(",")
        return found.select_related("fleet") if is_embedded else found

    @extend_schema(request=AssetIn, responses={201: DeclaredAssetOut})
    def create(self, request: Request) -> Response:
        """Declare an asset. Its claim code is shown here and never again."""
        given = self.read(AssetIn)
        self.check_object_permissions(request, given["fleet"])
        asset, code = assets.declare_asset(Declaration(**given))
        return self.answer(asset, HTTPStatus.CREATED, claim_code=code)

    @extend_schema(request=LabelsIn, responses={(201, "text/html"): OpenApiTypes.STR})
    @action(detail=False, methods=["post"])
    def labels(self, request: Request) -> HttpResponse:
        """Return a page to print with labels of up to 500 declared assets.

        Claim codes cannot be read again, so each gets another one; labels printed before end.
        """
        keys = self.read(LabelsIn)["assets"]
        if not self.principal.organisations(OrganisationRole.OPERATOR):
            raise RoleMissing(role=OrganisationRole.OPERATOR.value)
        own = Asset.objects.changeable_by(self.principal)
        return labels_page(request, issue_claim_codes(among=own, keys=keys))

    @extend_schema(
        request={"application/json": BulkAssetsIn, "text/csv": OpenApiTypes.STR},
        responses=BulkAssetsOut,
    )
    @action(detail=False, methods=["post"], parser_classes=[JSONParser, AssetsCSVParser])
    def bulk(self, request: Request) -> Response:
        """Declare up to 10,000 assets, as JSON or CSV; each is taken or refused on its own."""
        given = self.read(BulkAssetsIn)
        batch = read_declarations(
            given["assets"], fleet=given.get("fleet"), principal=self.principal
        )
        declared = assets.declare_assets(list(batch.accepted.values()))
        return Response(batch.report(declared))

    @extend_schema(request=AssetChangeIn, responses=AssetOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Move an asset to another fleet, correct its model, suspend, reactivate or retire it."""
        asset, given = self.get_object(), self.read_changes(AssetChangeIn)
        status, reason = given.pop("status", None), given.pop("reason", "")
        if given:
            asset = self._change(asset, given)
        if status is not None:
            asset = assets.SET_STATUS[status](asset=asset, reason=reason)
        return self.answer(asset)

    def _change(self, asset: Asset, given: dict[str, Any]) -> Asset:
        if "fleet" in given:
            self.check_object_permissions(self.request, given["fleet"])
        return assets.change_asset(asset=asset, **given)

    @extend_schema(request=None, responses={201: DeclaredAssetOut})
    @action(detail=True, methods=["post"], url_path="claim-code")
    def claim_code(self, request: Request, id: str) -> Response:
        """Issue another claim code, shown here alone; the one before ends, used or not."""
        asset, code = assets.issue_claim_code(asset=self.get_object())
        return self.answer(asset, HTTPStatus.CREATED, claim_code=code)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Take an unused asset off the list."""
        assets.delete_asset(asset=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)
