"""The tables of twin, one module per noun."""

from twin.models.access import SiteMember, SiteTenantQuerySet, member_sites
from twin.models.nodes import Node, NodeModel
from twin.models.relationships import Relationship
from twin.models.sites import Site
from twin.models.spaces import Space
from twin.models.templates import TemplateVersion, TopologyTemplate
from twin.models.views import View, ViewMember

__all__ = [
    "Node",
    "NodeModel",
    "Relationship",
    "Site",
    "SiteMember",
    "SiteTenantQuerySet",
    "Space",
    "TemplateVersion",
    "TopologyTemplate",
    "View",
    "ViewMember",
    "member_sites",
]
