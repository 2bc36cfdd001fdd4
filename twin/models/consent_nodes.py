"""What a limited consent covers: the nodes that its user chose."""

from django.db import models

from config.lib.models import BaseModel


class ConsentNode(BaseModel):
    """A site, space, gateway or device that a consent covers, with all that stands below it."""

    consent = models.ForeignKey(
        "accounts.Consent", on_delete=models.CASCADE, related_name="nodes", db_index=False
    )
    node = models.ForeignKey("twin.Node", on_delete=models.CASCADE, related_name="consent_nodes")

    class Meta:
        constraints = [
            # Also serves the nodes of a consent.
            models.UniqueConstraint(fields=["consent", "node"], name="consent_node_once")
        ]

    def __str__(self) -> str:
        return f"{self.node} for {self.consent}"
