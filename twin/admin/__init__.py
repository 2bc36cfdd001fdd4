"""The admin pages of twin: every change goes through a service."""

from twin.admin.access import ConsentNodeAdmin, GrantAdmin, OccupancyAdmin
from twin.admin.plans import DeclarationAdmin, PlanAdmin, UpgradeAdmin, UpgradeItemAdmin
from twin.admin.sites import SiteAdmin, SiteMemberAdmin
from twin.admin.spaces import SpaceAdmin
from twin.admin.templates import TemplateVersionAdmin, TopologyTemplateAdmin
from twin.admin.things import NodeAdmin, RelationshipAdmin, ViewAdmin, ViewMemberAdmin

__all__ = [
    "ConsentNodeAdmin",
    "DeclarationAdmin",
    "GrantAdmin",
    "NodeAdmin",
    "OccupancyAdmin",
    "PlanAdmin",
    "RelationshipAdmin",
    "SiteAdmin",
    "SiteMemberAdmin",
    "SpaceAdmin",
    "TemplateVersionAdmin",
    "TopologyTemplateAdmin",
    "UpgradeAdmin",
    "UpgradeItemAdmin",
    "ViewAdmin",
    "ViewMemberAdmin",
]
