"""Upgrades: many sites brought to another template version, one after the other."""

from django.db import models

from accounts.tenancy import TenantQuerySet
from config.lib.models import BaseModel
from twin.choices import UpgradeItemStatus, UpgradeStatus


class Upgrade(BaseModel):
    """A wave: the version that many sites of one organisation shall have, and how it stands.

    ``choice`` settles every conflict for which its site has no choice of its own (empty: sites
    with such conflicts are left alone); the wave stops
    when more than ``max_failure_rate`` of at least ``MIN_TRIED`` sites fail.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, related_name="upgrades", db_index=False
    )
    template_version = models.ForeignKey(
        "twin.TemplateVersion", on_delete=models.RESTRICT, related_name="upgrades"
    )
    status = models.CharField(
        max_length=16, choices=UpgradeStatus.choices, default=UpgradeStatus.RUNNING
    )
    choice = models.CharField(max_length=16, blank=True, default="")
    parameters = models.JSONField(default=dict, blank=True)
    is_dry_run = models.BooleanField(default=False)
    max_failure_rate = models.FloatField(default=0.2)
    reason = models.CharField(max_length=500, blank=True, default="")
    # For whom the workers act, also those that take over later.
    user_id = models.UUIDField(null=True, blank=True)
    application_id = models.UUIDField(null=True, blank=True)
    worked_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [
            # Serves an organisation's upgrades, page by page.
            models.Index(fields=["organisation", "id"], name="upgrade_of_organisation"),
            # Serves those that a worker left behind.
            models.Index(
                fields=["worked_at"], condition=models.Q(status="running"), name="upgrade_running"
            ),
        ]

    def __str__(self) -> str:
        return f"Upgrade to {self.template_version}"


class UpgradeItem(BaseModel):
    """One site of an upgrade: its state, why, and the plan that was made for it."""

    upgrade = models.ForeignKey(
        Upgrade, on_delete=models.CASCADE, related_name="items", db_index=False
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, related_name="+"
    )
    site = models.ForeignKey("twin.Site", on_delete=models.CASCADE, related_name="upgrade_items")
    plan = models.ForeignKey(
        "twin.Plan", on_delete=models.SET_NULL, null=True, blank=True, related_name="upgrade_items"
    )
    status = models.CharField(
        max_length=16, choices=UpgradeItemStatus.choices, default=UpgradeItemStatus.WAITING
    )
    reason = models.CharField(max_length=500, blank=True, default="")
    # What was chosen for this site, by the name of each conflict; ``*`` stands for the others.
    choices = models.JSONField(default=dict, db_default={}, blank=True)
    # How often a worker began: one that is killed by a site again and again gives it up.
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upgrade", "site"], name="upgrade_item_once")
        ]
        indexes = [
            # Serves the items page by page, the next to do, and the progress.
            models.Index(fields=["upgrade", "id"], name="upgrade_item_of_upgrade"),
            models.Index(fields=["upgrade", "status", "id"], name="upgrade_item_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.site_id}: {self.status}"
