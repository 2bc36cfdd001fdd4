"""The REST endpoints of twin, one module per noun."""

from twin.api.viewsets.brick_imports import BrickPlanViewSet
from twin.api.viewsets.drift import DriftViewSet, SiteStateViewSet
from twin.api.viewsets.grants import GrantViewSet
from twin.api.viewsets.graphs import SiteGraphViewSet
from twin.api.viewsets.histories import SiteHistoryViewSet
from twin.api.viewsets.members import SiteKeepingViewSet, SiteMemberViewSet
from twin.api.viewsets.occupancies import OccupancyViewSet, SpaceOccupancyViewSet
from twin.api.viewsets.plans import PlanViewSet, SitePlanViewSet
from twin.api.viewsets.relationships import RelationshipViewSet
from twin.api.viewsets.sites import SiteViewSet
from twin.api.viewsets.spaces import SpaceViewSet, ViewSpaceViewSet
from twin.api.viewsets.templates import TemplateVersionViewSet, TemplateViewSet
from twin.api.viewsets.upgrades import UpgradeItemViewSet, UpgradeViewSet
from twin.api.viewsets.views import ViewViewSet

__all__ = [
    "BrickPlanViewSet",
    "DriftViewSet",
    "GrantViewSet",
    "OccupancyViewSet",
    "PlanViewSet",
    "RelationshipViewSet",
    "SiteGraphViewSet",
    "SiteHistoryViewSet",
    "SiteKeepingViewSet",
    "SiteMemberViewSet",
    "SitePlanViewSet",
    "SiteStateViewSet",
    "SiteViewSet",
    "SpaceOccupancyViewSet",
    "SpaceViewSet",
    "TemplateVersionViewSet",
    "TemplateViewSet",
    "UpgradeItemViewSet",
    "UpgradeViewSet",
    "ViewSpaceViewSet",
    "ViewViewSet",
]
