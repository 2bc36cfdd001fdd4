"""The REST endpoints of twin, one module per noun."""

from twin.api.viewsets.grants import GrantViewSet
from twin.api.viewsets.members import SiteKeepingViewSet, SiteMemberViewSet
from twin.api.viewsets.occupancies import OccupancyViewSet, SpaceOccupancyViewSet
from twin.api.viewsets.relationships import RelationshipViewSet
from twin.api.viewsets.sites import SiteViewSet
from twin.api.viewsets.spaces import SpaceViewSet
from twin.api.viewsets.templates import TemplateVersionViewSet, TemplateViewSet
from twin.api.viewsets.views import ViewViewSet

__all__ = [
    "GrantViewSet",
    "OccupancyViewSet",
    "RelationshipViewSet",
    "SiteKeepingViewSet",
    "SiteMemberViewSet",
    "SiteViewSet",
    "SpaceOccupancyViewSet",
    "SpaceViewSet",
    "TemplateVersionViewSet",
    "TemplateViewSet",
    "ViewViewSet",
]
