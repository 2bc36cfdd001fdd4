"""The audit log: who changed or read what, through which application, from which request."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.choices import AuditAction, OrganisationRole
from accounts.principals import Principal
from accounts.tenancy import TenantQuerySet
from config.lib.ids import uuid7

Condition = Callable[[Principal], Q]


class CurrentChange(models.Func):
    """The id of the transaction's change, as ``accounts/auditing/changes.py`` defines it."""

    function = "accounts_change"
    output_field = models.UUIDField()


class AuditQuerySet(TenantQuerySet):
    """Entries; an organisation's are seen by its admins, a person's own by that person.

    The apps above add who else may see some: the owner of a private home sees that home's.
    """

    more_conditions: ClassVar[list[Condition]] = []

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes an entry visible: my organisation's, my deeds, what concerns me."""
        admin = principal.organisations(OrganisationRole.ADMIN)
        visible = Q(organisation_id__in=admin)
        # A limited consent covers chosen nodes of the graph, not what its user does elsewhere.
        if principal.user_id is not None and not principal.is_limited:
            visible |= Q(user_id=principal.user_id) | Q(subject_id=principal.user_id)
        for condition in self.more_conditions:
            visible |= condition(principal)
        terms = principal.terms
        if terms and terms.history_from:
            visible &= Q(time__gte=terms.history_from)
        return visible

    def changeable_condition(self, principal: Principal, at_least: OrganisationRole) -> Q:
        """Return that nothing is: the log is append-only."""
        return Q(pk__in=())


class AuditEntry(models.Model):
    """One thing that was done; the database refuses to change or delete it.

    Objects, users and applications are named by id without a key, since they may go and the entry
    stays. ``subject_id`` is the person whom it concerns. Triggers on the audited tables write most
    entries, so the table is made by SQL; its key holds the time, and orders by it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    time = models.DateTimeField(default=timezone.now)
    user_id = models.UUIDField(null=True)
    application_id = models.UUIDField(null=True)
    request_id = models.CharField(max_length=128, default="", blank=True)
    origin = models.CharField(max_length=128, default="", blank=True)
    action = models.CharField(max_length=32, choices=AuditAction.choices)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64, default="", blank=True)
    organisation_id = models.UUIDField(null=True)
    site_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    rows = models.IntegerField(default=1)
    # Entries of one transaction share it; those from before it was recorded have none.
    change_id = models.UUIDField(null=True, db_default=CurrentChange())

    objects = AuditQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "accounts_auditentry"
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id} {self.action}"

    @property
    def updated_at(self) -> Any:
        """Return its only moment, under the name that ETags read: an entry never changes."""
        return self.time

    def get_changes(self) -> dict[str, tuple[Any, Any]]:
        """Return what changed: column -> (before, after)."""
        before, after = self.before or {}, self.after or {}
        return {name: (before.get(name), after.get(name)) for name in {*before, *after}}
