"""Routes of this app under /api/v1/."""

from config.lib.routers import ApiRouter
from twin.api.viewsets import (
    RelationshipViewSet,
    SiteViewSet,
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

urlpatterns = router.urls
