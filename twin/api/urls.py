"""Routes of this app under /api/v1/."""

from django.urls import path

from config.lib.routers import ApiRouter
from twin.api.viewsets import (
    BrickPlanViewSet,
    DriftViewSet,
    GrantViewSet,
    OccupancyViewSet,
    PlanViewSet,
    RelationshipViewSet,
    SiteGraphViewSet,
    SiteHistoryViewSet,
    SiteKeepingViewSet,
    SiteMemberViewSet,
    SitePlanViewSet,
    SiteStateViewSet,
    SiteViewSet,
    SpaceOccupancyViewSet,
    SpaceViewSet,
    TemplateVersionViewSet,
    TemplateViewSet,
    UpgradeItemViewSet,
    UpgradeViewSet,
    ViewSpaceViewSet,
    ViewViewSet,
)

router = ApiRouter()
router.register("templates", TemplateViewSet, basename="template")
router.register(
    "templates/<slug:key>/versions", TemplateVersionViewSet, basename="template-version"
)
router.register("sites", SiteViewSet, basename="site")
router.register("spaces", SpaceViewSet, basename="space")
router.register("views", ViewViewSet, basename="view")
router.register("views/<uuid:id>/spaces", ViewSpaceViewSet, basename="view-space")
router.register("relationships", RelationshipViewSet, basename="relationship")
router.register("grants", GrantViewSet, basename="grant")
router.register("occupancies", OccupancyViewSet, basename="occupancy")
router.register("upgrades", UpgradeViewSet, basename="upgrade")
router.register("upgrades/<uuid:id>/sites", UpgradeItemViewSet, basename="upgrade-site")
router.register("drift", DriftViewSet, basename="drift")
router.register("plans", PlanViewSet, basename="plan")
router.register("sites/<uuid:id>/plans", SitePlanViewSet, basename="site-plan")
router.register("sites/<uuid:id>/members", SiteMemberViewSet, basename="site-member")
router.register("spaces/<uuid:id>/occupancies", SpaceOccupancyViewSet, basename="space-occupancy")

policy = SiteKeepingViewSet.as_view({"get": "retrieve", "patch": "partial_update"})
transfer = SiteKeepingViewSet.as_view({"post": "transfer"})
drift = SiteStateViewSet.as_view({"get": "drift"}, detail=True)
slots = SiteStateViewSet.as_view({"get": "slots"}, detail=True)
history = SiteHistoryViewSet.as_view({"get": "history"})
brick = BrickPlanViewSet.as_view({"post": "create"})
graph = SiteGraphViewSet.as_view({"get": "retrieve"})
report = SiteGraphViewSet.as_view({"get": "report"})
urlpatterns = [
    *router.urls,
    path("sites/<uuid:id>/history/", history, name="site-history"),
    path("sites/<uuid:id>/plans/brick/", brick, name="site-brick-plan"),
    path("sites/<uuid:id>/graph/", graph, name="site-graph"),
    path("sites/<uuid:id>/graph/report/", report, name="site-graph-report"),
    path("sites/<uuid:id>/drift/", drift, name="site-drift"),
    path("sites/<uuid:id>/slots/", slots, name="site-slots"),
    path("sites/<uuid:id>/policy/", policy, name="site-policy"),
    path("sites/<uuid:id>/transfer/", transfer, name="site-transfer"),
]
