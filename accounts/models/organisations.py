"""Organisations and the people who act in them."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone

from accounts.choices import OrganisationRole
from accounts.models.letters import Invitation
from accounts.principals import Principal
from config.lib.models import BaseModel

if TYPE_CHECKING:
    from typing import Self


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """Organisations, seen by those who act in them."""

    def visible_to(self, principal: Principal) -> "Self":
        """Return the organisations in which the caller acts."""
        return self.filter(pk__in=principal.organisations())

    def changeable_by(
        self, principal: Principal, *, at_least: OrganisationRole = OrganisationRole.ADMIN
    ) -> "Self":
        """Return the organisations in which the caller's role is high enough."""
        return self.filter(pk__in=principal.organisations(at_least))


class Organisation(BaseModel):
    """A landlord, an energy service, a developer's company: the tenant of the platform."""

    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64, default="UTC")

    objects = OrganisationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def organisation_id(self) -> object:
        """Return its own id: an organisation belongs to itself."""
        return self.pk


class B2BUserQuerySet(models.QuerySet["B2BUser"]):
    """Memberships in organisations."""

    def current(self, at: datetime | None = None) -> "Self":
        """Return those whose time has come and not passed, now unless stated."""
        now = at or timezone.now()
        return self.filter(
            Q(starts_at__isnull=True) | Q(starts_at__lte=now),
            Q(ends_at__isnull=True) | Q(ends_at__gt=now),
        )

    def with_shown_names(self) -> "Self":
        """Add ``shown_name``, empty until the person has come.

        So nobody learns by inviting whether an address has an account, and whose.
        """
        pending = Invitation.objects.filter(object_id=OuterRef("pk"), accepted_at=None)
        name = Case(When(Exists(pending), then=Value("")), default=F("user__name"))
        return self.annotate(shown_name=name)

    def visible_to(self, principal: Principal) -> "Self":
        """Return the members of the organisations in which the caller acts."""
        return self.filter(organisation__in=principal.organisations())

    def changeable_by(
        self, principal: Principal, *, at_least: OrganisationRole = OrganisationRole.ADMIN
    ) -> "Self":
        """Return the members whom the caller's role may change."""
        return self.filter(organisation__in=principal.organisations(at_least))


class B2BUser(BaseModel):
    """A user in an organisation, with a role, perhaps for a time."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="b2b_users")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="b2b_users"
    )
    role = models.CharField(max_length=16, choices=OrganisationRole.choices)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = B2BUserQuerySet.as_manager()

    class Meta:
        verbose_name = "B2B user"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="b2b_user_once"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True)
                | Q(starts_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="b2b_user_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} of {self.organisation}"
