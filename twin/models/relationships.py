"""Relationships: typed, directed edges between nodes."""

from django.db import models
from django.db.models import F, Q

from config.lib.models import BaseModel
from twin.models.gates import EdgeQuerySet
from twin.models.nodes import Node


class Relationship(BaseModel):
    """An edge of the graph: this meter measures that flat, this switch controls that lamp."""

    site = models.ForeignKey(
        "twin.Site",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="relationships",
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
    kind = models.CharField(max_length=50)
    source = models.ForeignKey(
        Node, on_delete=models.CASCADE, related_name="relationships_from", db_index=False
    )
    # Its index serves the edges that lead to a node.
    target = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="relationships_to")

    objects = EdgeQuerySet.as_manager()

    class Meta:
        constraints = [
            # Also serves the edges that leave a node.
            models.UniqueConstraint(fields=["source", "kind", "target"], name="relationship_once"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="relationship_joins_two"),
        ]
        indexes = [
            # Serves a site's graph and its list of edges, page by page.
            models.Index(fields=["site", "id"], name="relationship_of_site"),
            # Serves an organisation's list of edges, page by page.
            models.Index(fields=["organisation", "id"], name="relationship_of_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.target}"
