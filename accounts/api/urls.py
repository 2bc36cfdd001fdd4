"""Routes of this app under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from accounts.api.access import AccessViewSet
from accounts.api.audit import AuditViewSet
from accounts.api.me import MeViewSet
from accounts.api.viewsets import (
    ApplicationViewSet,
    ConsentViewSet,
    MemberViewSet,
    OrganisationViewSet,
)
from config.lib.routers import ApiRouter

MEMBERS = "organisations/<uuid:id>/members/"
router = ApiRouter()
router.register("organisations", OrganisationViewSet, "organisation")
router.register("applications", ApplicationViewSet, "application")
router.register("consents", ConsentViewSet, "consent")
router.register("audit", AuditViewSet, "audit")

urlpatterns: list[URLPattern | URLResolver] = [
    path("me/", MeViewSet.as_view({"get": "retrieve"}), name="me"),
    path(MEMBERS, MemberViewSet.as_view({"get": "list", "post": "create"}), name="member-list"),
    path(
        f"{MEMBERS}<uuid:member>/",
        MemberViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="member-detail",
    ),
    path(
        f"{MEMBERS}<uuid:member>/invitation/",
        MemberViewSet.as_view({"post": "invitation"}),
        name="member-invitation",
    ),
    path("access/explain/", AccessViewSet.as_view({"post": "explain"}), name="access-explain"),
    path("access/who/", AccessViewSet.as_view({"get": "who"}), name="access-who"),
    *router.urls,
]
