"""Routes of this app under /api/v1/."""

from config.lib.routers import ApiRouter
from integrations.api.events import EventViewSet

router = ApiRouter()
router.register("events", EventViewSet, basename="event")
urlpatterns = router.urls
