"""Plans: what shall become of a site, and what it was declared to be before."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.principals import Principal
from config.lib.models import BaseModel, TimestampedModel
from twin.choices import PlanStatus
from twin.models.gates import SiteTenantQuerySet
from twin.models.sites import Site


class Declaration(TimestampedModel):
    """What a site was last declared to be, beside its template version and parameters.

    The old side of every three-way merge. ``name`` is what the site was called then, since layouts
    name spaces after it. A site without one was built plainly from its template.
    """

    site = models.OneToOneField(
        Site, on_delete=models.CASCADE, primary_key=True, related_name="declaration"
    )
    name = models.CharField(max_length=200)
    exceptions = models.JSONField(default=dict, blank=True)
    spec = models.JSONField(null=True, blank=True)

    # Its site's, as far as audit and gates ask.
    audit_columns: ClassVar = {"site_id": "pk"}

    def __str__(self) -> str:
        return f"Declaration of {self.name}"


class PlanQuerySet(SiteTenantQuerySet):
    """Plans, seen by a right to the whole site; each tells how the site stood when it was made."""

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a plan visible; a consent opens none from before it reaches back."""
        terms, seen = principal.terms, super().visible_condition(principal)
        if terms and terms.history_from:
            seen &= Q(created_at__gte=terms.history_from)
        return seen


class Plan(BaseModel):
    """A readable list of changes to one site, and all that applying and undoing it writes.

    ``fingerprint`` is the building's when the plan was made and ``base`` holds that of each row;
    ``result`` is that of the rows it wrote, ``inverse`` what they were before.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="plans", db_index=False)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    template_version = models.ForeignKey(
        "twin.TemplateVersion",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="plans",
    )
    status = models.CharField(max_length=16, choices=PlanStatus.choices, default=PlanStatus.OPEN)
    request = models.JSONField(default=dict)
    parameters = models.JSONField(default=dict)
    changes = models.JSONField(default=list)
    summary = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    work = models.JSONField(default=dict)
    base = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=32)
    result = models.CharField(max_length=32, blank=True, default="")
    inverse = models.JSONField(null=True, blank=True)
    expires_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = PlanQuerySet.as_manager()

    # What only applying and undoing read.
    HEAVY: ClassVar = ("work", "base", "inverse")

    class Meta:
        indexes = [
            # Serves a site's plans, page by page, and its newest that was applied.
            models.Index(fields=["site", "id"], name="plan_of_site"),
            # Serves the clean-up.
            models.Index(
                fields=["expires_at"], condition=Q(status="open"), name="plan_that_expires"
            ),
        ]

    def __str__(self) -> str:
        return f"Plan {self.pk}"

    @property
    def state(self) -> str:
        """Return the status as it is now: an open plan expires by itself."""
        is_over = self.status == PlanStatus.OPEN and self.expires_at <= timezone.now()
        return PlanStatus.EXPIRED.value if is_over else self.status

    @property
    def is_applicable(self) -> bool:
        """Whether nothing in the plan itself forbids applying it."""
        return self.state == PlanStatus.OPEN and not self.summary.get("refuse")
