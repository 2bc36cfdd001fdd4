"""Routes of this app under /api/v1/."""

from django.urls import path

from config.lib.routers import ApiRouter
from twin.api.viewsets import (
    GrantViewSet,
    OccupancyViewSet,
    RelationshipViewSet,
    SiteKeepingViewSet,
    SiteMemberViewSet,
    SiteViewSet,
    SpaceOccupancyViewSet,
    SpaceViewSet,
    TemplateVersionViewSet,
    TemplateViewSet,
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
router.register("relationships", RelationshipViewSet, basename="relationship")
router.register("grants", GrantViewSet, basename="grant")
router.register("occupancies", OccupancyViewSet, basename="occupancy")
router.register("sites/<uuid:id>/members", SiteMemberViewSet, basename="site-member")
router.register("spaces/<uuid:id>/occupancies", SpaceOccupancyViewSet, basename="space-occupancy")

policy = SiteKeepingViewSet.as_view({"get": "retrieve", "patch": "partial_update"})
transfer = SiteKeepingViewSet.as_view({"post": "transfer"})
urlpatterns = [
    *router.urls,
    path("sites/<uuid:id>/policy/", policy, name="site-policy"),
    path("sites/<uuid:id>/transfer/", transfer, name="site-transfer"),
]
