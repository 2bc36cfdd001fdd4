"""Views: logical groups, independent of the walls."""

from django.db import models
from django.db.models import Q

from config.lib.models import BaseModel
from twin.models.gates import SiteTenantQuerySet
from twin.models.nodes import Node, NodeModel


class View(NodeModel):
    """A logical group: explicit members, a live rule, or both; without a site, across sites."""

    site = models.ForeignKey(
        "twin.Site",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="views",
        db_index=False,
    )
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    rule = models.JSONField(null=True, blank=True)
    template_key = models.CharField(max_length=50, blank=True, default="")
    nodes = models.ManyToManyField(Node, through="twin.ViewMember", related_name="views")

    objects = SiteTenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="view_has_a_name"),
            models.CheckConstraint(
                condition=Q(site__isnull=False) | Q(organisation__isnull=False),
                name="view_belongs_somewhere",
            ),
            models.UniqueConstraint(
                fields=["site", "template_key"],
                condition=~Q(template_key=""),
                name="view_template_key_once",
            ),
        ]
        indexes = [
            # Serves a site's views, page by page.
            models.Index(fields=["site", "node"], name="view_of_site"),
            # Serves an organisation's views, page by page.
            models.Index(fields=["organisation", "node"], name="view_of_organisation"),
        ]

    def __str__(self) -> str:
        return self.name


class ViewMember(BaseModel):
    """A node that was put into a view by hand or by the template."""

    view = models.ForeignKey(View, on_delete=models.CASCADE, related_name="members", db_index=False)
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    # Its index serves "in which views is this thing?".
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="view_members")

    class Meta:
        constraints = [
            # Also serves the members of a view.
            models.UniqueConstraint(fields=["view", "node"], name="view_member_once"),
            models.CheckConstraint(condition=~Q(view=models.F("node")), name="view_not_in_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.node} in {self.view}"
