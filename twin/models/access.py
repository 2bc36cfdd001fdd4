"""Members: people at a site."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone

from accounts.choices import OrganisationRole
from accounts.principals import Principal
from config.lib.models import BaseModel
from twin.choices import SiteRole
from twin.models.gates import NOTHING, SiteTenantQuerySet
from twin.models.reach import reach_of
from twin.rights import KEEPERS, NEEDED, Level


class Period(Func):
    """The time from ``starts_at`` until before ``ends_at``, open where one is null."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class AccessQuerySet(SiteTenantQuerySet):
    """Who has access to a site: seen by its keepers, and by everyone as far as it is their own.

    Keepers act in the site's organisation, or are members of the private home.
    """

    def current(self, at: datetime | None = None) -> Self:
        """Return those whose time has come and not passed, now unless stated."""
        now = at or timezone.now()
        return self.filter(
            Q(starts_at__isnull=True) | Q(starts_at__lte=now),
            Q(ends_at__isnull=True) | Q(ends_at__gt=now),
        )

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a row visible: keeping the site, or being whom it is about."""
        return self.kept(principal, Level.SEE, or_else=self.own(principal))

    def changeable_condition(self, principal: Principal, at_least: OrganisationRole) -> Q:
        """Return what makes a row changeable: keeping the site; who may see it at all may end
        what is their own, as the services check.
        """
        is_to_leave = at_least == OrganisationRole.VIEWER
        own = self.own(principal) if is_to_leave else NOTHING
        return self.kept(principal, NEEDED[at_least], or_else=own)

    def own(self, principal: Principal) -> Q:
        """Return the condition that the row is about the caller."""
        return Q(user=principal.user_id) if principal.user_id else NOTHING

    def kept(self, principal: Principal, level: Level, *, or_else: Q) -> Q:
        """Return the condition that the caller keeps the place, within the consent's cut."""
        reach = reach_of(principal)
        condition = self.inside(reach.areas(level, ways=KEEPERS)) | or_else
        cut = reach.cut_areas()
        return condition if cut is None else condition & self.inside(cut)


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

    objects = AccessQuerySet.as_manager()

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
