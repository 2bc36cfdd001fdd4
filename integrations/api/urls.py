"""Routes of this app under /api/v1/."""

from config.lib.routers import ApiRouter
from integrations.api.backfills import BackfillViewSet
from integrations.api.connections import ConnectionViewSet, MeterViewSet, RunViewSet
from integrations.api.events import EventViewSet
from integrations.api.realtime import ChannelViewSet
from integrations.api.realtime_posts import RealtimePostViewSet

CONNECTIONS = "smartme/connections"
router = ApiRouter()
router.register("events", EventViewSet, basename="event")
router.register(CONNECTIONS, ConnectionViewSet, basename="smartme-connection")
router.register(CONNECTIONS, ChannelViewSet, basename="smartme-realtime")
router.register(f"{CONNECTIONS}/<uuid:id>/meters", MeterViewSet, basename="smartme-meter")
router.register(f"{CONNECTIONS}/<uuid:id>/runs", RunViewSet, basename="smartme-run")
router.register("smartme/realtime/<str:token>", RealtimePostViewSet, basename="realtime-post")
router.register(f"{CONNECTIONS}/<uuid:id>/backfills", BackfillViewSet, basename="smartme-backfill")

urlpatterns = router.urls
