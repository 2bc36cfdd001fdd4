"""The supertype of everything in the topology graph."""

from django.db import models

from config.lib.models import TimestampedModel, UUIDv7Model
from twin.choices import NodeKind
from twin.models.gates import NodeQuerySet


class Node(UUIDv7Model):
    """One node of the graph; sites, spaces, views, gateways, devices and assets share its key.

    Edges, members, grants and consents reference nodes, so that the database itself holds no
    dangling edge and twin need not know the things of the apps above it. Deleting the node deletes
    the thing. A site's node names the site itself, so that one filter finds a site's whole graph.
    """

    kind = models.CharField(max_length=16, choices=NodeKind.choices)
    site = models.ForeignKey(
        "twin.Site", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )

    objects = NodeQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class NodeModel(TimestampedModel):
    """A thing of the graph: its primary key is its node's."""

    node = models.OneToOneField(
        Node,
        on_delete=models.CASCADE,
        primary_key=True,
        db_column="id",
        related_name="as_%(class)s",
    )

    class Meta:
        abstract = True
