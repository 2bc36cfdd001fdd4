"""Spaces: the physical parts of a site, as a tree."""

from typing import Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django_ltree.fields import PathField

from twin.models.gates import SiteTenantQuerySet
from twin.models.nodes import NodeModel
from twin.models.paths import Within
from twin.rights import AreaSet

PathField.register_lookup(Within)


class SpaceQuerySet(SiteTenantQuerySet):
    """Spaces and their subtrees."""

    def in_subtrees(self, areas: AreaSet) -> Q:
        """Return the condition of being at or below the tops of the subtrees."""
        return Q(site__in=areas.partial_sites, path__within=areas.paths)

    def within(self, space: "Space") -> Self:
        """Return the space and everything below it, at any depth, by the index on paths."""
        return self.filter(path__within=[space.path])

    def in_order(self) -> Self:
        """Return siblings as they are ordered; the key settles ties."""
        return self.order_by("position", "pk")


class Space(NodeModel):
    """A physical part of a site: a building, a floor, a flat, a room.

    ``path`` holds the ids from the root down to the space itself, without hyphens, so that a
    subtree is one indexed comparison. It follows from ``parent``; only the services write either.
    """

    site = models.ForeignKey(
        "twin.Site", on_delete=models.CASCADE, related_name="spaces", db_index=False
    )
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="children",
        db_index=False,
    )
    position = models.PositiveIntegerField(default=0)
    path = PathField(editable=False)
    kind = models.CharField(max_length=50)
    name = models.CharField(max_length=200)
    properties = models.JSONField(default=dict, blank=True)
    template_key = models.CharField(max_length=500, blank=True, default="")

    objects = SpaceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("node")), name="space_not_in_itself"),
            models.CheckConstraint(condition=~Q(name=""), name="space_has_a_name"),
            # Also serves the matching of a site with its template.
            models.UniqueConstraint(
                fields=["site", "template_key"],
                condition=~Q(template_key=""),
                name="space_template_key_once",
            ),
        ]
        indexes = [
            # Serves subtrees (``path__within``), each a range.
            models.Index(fields=["path"], name="space_subtree"),
            # Serves the children of a space in order, and the deletion of a parent.
            models.Index(fields=["parent", "position"], name="space_children"),
            # Serves a site's tree and its list of spaces, page by page.
            models.Index(fields=["site", "node"], name="space_of_site"),
            # Serves an organisation's list of spaces, page by page.
            models.Index(fields=["organisation", "node"], name="space_of_organisation"),
            # Serves rules across an organisation that ask for rare kinds.
            models.Index(fields=["organisation", "kind", "node"], name="space_kind"),
            # Serves rules that ask for properties.
            GinIndex(fields=["properties"], opclasses=["jsonb_path_ops"], name="space_properties"),
            # Serves ?q= over names.
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="space_name_words"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def depth(self) -> int:
        """Return how many spaces lead to this one, itself included."""
        return len(self.path)
