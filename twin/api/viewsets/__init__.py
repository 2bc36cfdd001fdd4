"""The REST endpoints of twin, one module per noun."""

from twin.api.viewsets.relationships import RelationshipViewSet
from twin.api.viewsets.sites import SiteViewSet
from twin.api.viewsets.spaces import SpaceViewSet
from twin.api.viewsets.templates import TemplateVersionViewSet, TemplateViewSet
from twin.api.viewsets.views import ViewViewSet

__all__ = [
    "RelationshipViewSet",
    "SiteViewSet",
    "SpaceViewSet",
    "TemplateVersionViewSet",
    "TemplateViewSet",
    "ViewViewSet",
]
