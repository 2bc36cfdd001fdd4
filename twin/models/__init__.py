"""The tables of twin, one module per noun."""

from twin.models.access import SiteMember
from twin.models.consent_nodes import ConsentNode
from twin.models.gates import PlacedQuerySet, SiteTenantQuerySet
from twin.models.grants import Grant
from twin.models.nodes import Node, NodeModel
from twin.models.occupancies import Occupancy
from twin.models.plans import Declaration, Plan
from twin.models.policies import PolicyChange
from twin.models.relationships import Relationship
from twin.models.sites import Site
from twin.models.spaces import Space
from twin.models.templates import TemplateVersion, TopologyTemplate
from twin.models.upgrades import Upgrade, UpgradeItem
from twin.models.views import View, ViewMember

__all__ = [
    "ConsentNode",
    "Declaration",
    "Grant",
    "Node",
    "NodeModel",
    "Occupancy",
    "PlacedQuerySet",
    "Plan",
    "PolicyChange",
    "Relationship",
    "Site",
    "SiteMember",
    "SiteTenantQuerySet",
    "Space",
    "TemplateVersion",
    "TopologyTemplate",
    "Upgrade",
    "UpgradeItem",
    "View",
    "ViewMember",
]
