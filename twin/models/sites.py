"""Sites: homes and buildings."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.principals import Principal
from twin.choices import OccupiedView
from twin.models.gates import SiteTenantQuerySet
from twin.models.nodes import NodeModel
from twin.models.reach import reach_of
from twin.rights import AreaSet, Level, Way


class SiteQuerySet(SiteTenantQuerySet):
    """Sites, seen by all who have a right to anything of them; changed by a right to the whole."""

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a site visible: a right that touches it, within the consent's cut."""
        reach = reach_of(principal)
        condition = self._touched(reach.areas(Level.NAME))
        cut = reach.cut_areas()
        return condition if cut is None else condition & self._touched(cut)

    def inside(self, areas: AreaSet) -> Q:
        """Return the condition that the site as a whole is in the areas."""
        organisations = Q(organisation__in=areas.organisations)
        return organisations | Q(pk__in=areas.sites)

    def _touched(self, areas: AreaSet) -> Q:
        organisations = Q(organisation__in=areas.organisations)
        return organisations | Q(pk__in=areas.touched_sites)


class Site(NodeModel):
    """A home or a building; a private home has no organisation."""

    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="sites",
        db_index=False,
    )
    name = models.CharField(max_length=200)
    template_version = models.ForeignKey(
        "twin.TemplateVersion",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="sites",
    )
    parameters = models.JSONField(default=dict, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    address = models.JSONField(default=dict, blank=True)
    latitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    # What its keepers read of a flat for the time somebody lives there; docs/access.md.
    occupied_view = models.CharField(
        max_length=8,
        choices=OccupiedView.choices,
        default=OccupiedView.MONTH,
        db_default=OccupiedView.MONTH,
    )

    objects = SiteQuerySet.as_manager()

    audit_columns: ClassVar = {"site_id": "pk"}

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="site_location_is_on_earth",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="site_has_a_name"),
        ]
        # Serves the list of an organisation's sites, page by page.
        indexes = [models.Index(fields=["organisation", "node"], name="site_of_organisation")]

    def __str__(self) -> str:
        return self.name


def audit_of_homes(principal: Principal) -> Q:
    """Return the condition that an audit entry is of a home which the caller manages."""
    rights = reach_of(principal).areas(Level.MANAGE, ways={Way.MEMBERSHIP})
    return Q(site_id__in=() if principal.is_limited else rights.sites)
