"""Grants: access to a part of a building for a party from outside."""

from django.db import models
from django.db.models import F, Q

from accounts.principals import Principal
from config.lib.models import BaseModel
from twin.choices import GrantRole
from twin.models.access import AccessQuerySet
from twin.models.gates import NOTHING
from twin.rights import AreaSet


class GrantQuerySet(AccessQuerySet):
    """Grants: seen by the keepers of the node's site and by their party."""

    def own(self, principal: Principal) -> Q:
        """Return the condition that the grant is to the caller, or to where they act."""
        party = Q(party_organisation__in=principal.organisations())
        return party | super().own(principal)

    def at_nodes(self, areas: AreaSet) -> Q:
        """Return the condition that the grant is on one of the nodes."""
        return Q(node__in=areas.nodes)

    def in_subtrees(self, areas: AreaSet) -> Q:
        """Return the condition that the grant is on a space of the subtrees."""
        within = Q(node__as_space__path__within=areas.paths)
        return Q(site__in=areas.partial_sites) & within if areas.paths else NOTHING


class Grant(BaseModel):
    """A party, a node, a role, perhaps a time: inherited by all that stands below the node.

    The party is a user or an organisation; each of its people gets no more than their role there.
    ``site`` and ``organisation`` are the node's.
    """

    node = models.ForeignKey("twin.Node", on_delete=models.CASCADE, related_name="grants")
    site = models.ForeignKey(
        "twin.Site", on_delete=models.CASCADE, null=True, blank=True, related_name="grants"
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, null=True, blank=True, related_name="site_grants"
    )
    party_organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="site_grants",
    )
    role = models.CharField(max_length=16, choices=GrantRole.choices)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True) ^ Q(party_organisation__isnull=True),
                name="grant_has_one_party",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True)
                | Q(starts_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="grant_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.node}"
