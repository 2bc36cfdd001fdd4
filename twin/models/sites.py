"""Sites: homes and buildings."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.choices import OrganisationRole
from accounts.principals import Principal
from accounts.tenancy import TenantQuerySet
from twin.choices import SiteRole
from twin.models.access import member_sites
from twin.models.nodes import NodeModel


class SiteQuerySet(TenantQuerySet):
    """Sites, seen by their organisation and by their members."""

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a site visible: acting in its organisation, or being a member now."""
        return super().visible_condition(principal) | Q(pk__in=member_sites(principal))

    def changeable_condition(self, principal: Principal, at_least: OrganisationRole) -> Q:
        """Return what makes a site changeable: a role in its organisation, or owning the home."""
        homes = member_sites(principal, roles={SiteRole.OWNER})
        own = Q(organisation__isnull=True, pk__in=homes)
        return super().changeable_condition(principal, at_least) | own


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

    objects = SiteQuerySet.as_manager()

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
