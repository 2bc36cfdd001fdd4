"""Topology templates: the frameworks that buildings are made of."""

from django.db import models
from django.db.models import Q

from accounts.principals import Principal
from accounts.tenancy import TenantQuerySet
from config.lib.models import BaseModel
from twin.choices import VersionStatus


class TemplateQuerySet(TenantQuerySet):
    """Templates and versions: those that ship are visible to everybody, changeable by nobody."""

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a row visible."""
        return Q(organisation__isnull=True) | super().visible_condition(principal)


class TopologyTemplate(BaseModel):
    """The framework of a kind of building; without an organisation it ships with Atrium."""

    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="topology_templates",
    )
    key = models.SlugField(max_length=50, db_index=False)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    ontology = models.SlugField(max_length=50, db_index=False)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        constraints = [
            # Also serves the look-up of "key@n".
            models.UniqueConstraint(
                fields=["key", "organisation"],
                name="topology_template_key_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.key


class TemplateVersion(BaseModel):
    """One numbered state of a template; once published, a trigger keeps its definition as it is."""

    template = models.ForeignKey(
        TopologyTemplate, on_delete=models.CASCADE, related_name="versions", db_index=False
    )
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    number = models.PositiveIntegerField()
    status = models.CharField(
        max_length=16, choices=VersionStatus.choices, default=VersionStatus.DRAFT
    )
    definition = models.JSONField()
    # The text as its author wrote it: the database keeps neither order nor comments of a document.
    source = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    deprecated_at = models.DateTimeField(null=True, blank=True)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        constraints = [
            # Also serves the list of a template's versions.
            models.UniqueConstraint(fields=["template", "number"], name="template_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="template_version_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.template}@{self.number}"

    @property
    def reference(self) -> str:
        """Return what bodies call this version: ``key@n``."""
        return str(self)
