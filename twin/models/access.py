"""Who, beside an organisation's own people, may see a site: its members."""

from collections.abc import Collection
from typing import Self
from uuid import UUID

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone

from accounts.choices import OrganisationRole
from accounts.principals import Principal
from accounts.tenancy import TenantQuerySet
from config.lib.models import BaseModel
from twin.choices import SiteRole


class Period(Func):
    """The time from ``starts_at`` until before ``ends_at``, open where one is null."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class SiteMemberQuerySet(TenantQuerySet):
    """Memberships; those of a private home are seen by its members."""

    def current(self) -> Self:
        """Return those whose time has come and not passed."""
        now = timezone.now()
        return self.filter(
            Q(starts_at__isnull=True) | Q(starts_at__lte=now),
            Q(ends_at__isnull=True) | Q(ends_at__gt=now),
        )

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a membership visible: one's own, one's home's, one's organisation's."""
        own = Q(user=principal.user_id) if principal.user_id else Q(pk__in=())
        home = Q(organisation__isnull=True, site__in=member_sites(principal))
        return super().visible_condition(principal) | own | home

    def changeable_condition(self, principal: Principal, at_least: OrganisationRole) -> Q:
        """Return what makes a membership changeable: also being the owner of the home."""
        homes = member_sites(principal, roles={SiteRole.OWNER})
        home = Q(organisation__isnull=True, site__in=homes)
        return super().changeable_condition(principal, at_least) | home


class SiteMember(BaseModel):
    """A person at a site: whose home it is, or who lives there or comes and goes, for a time."""

    site = models.ForeignKey("twin.Site", on_delete=models.CASCADE, related_name="members")
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="site_members")
    role = models.CharField(max_length=16, choices=SiteRole.choices)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = SiteMemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True)
                | Q(starts_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="site_member_ends_after_start",
            ),
            ExclusionConstraint(
                name="site_member_once_at_a_time",
                expressions=[
                    ("site", RangeOperators.EQUAL),
                    ("user", RangeOperators.EQUAL),
                    (Period("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} at {self.site}"


def member_sites(principal: Principal, *, roles: Collection[SiteRole] = ()) -> list[UUID]:
    """Return the sites where the caller is a member now, in one of the roles if any are given.

    One query, none for a principal without a user. The ids, not a subquery, let the planner join
    this condition to others by their indexes.
    """
    if principal.user_id is None:
        return []
    rows = SiteMember.objects.current().filter(user=principal.user_id)
    if roles:
        rows = rows.filter(role__in=roles)
    return list(rows.values_list("site", flat=True))


class SiteTenantQuerySet(TenantQuerySet):
    """Rows with ``organisation`` and ``site``: the inside of buildings.

    Whoever acts in the organisation sees them. Members of a private home see what is in it. At a
    site that belongs to an organisation, membership alone reveals nothing of the inside: flats
    have neighbours.
    """

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a row visible."""
        return super().visible_condition(principal) | self._at_home(member_sites(principal))

    def changeable_condition(self, principal: Principal, at_least: OrganisationRole) -> Q:
        """Return what makes a row changeable: also being the owner of the home."""
        homes = member_sites(principal, roles={SiteRole.OWNER})
        return super().changeable_condition(principal, at_least) | self._at_home(homes)

    @staticmethod
    def _at_home(sites: list[UUID]) -> Q:
        return Q(organisation__isnull=True, site__in=sites) if sites else Q(pk__in=())
