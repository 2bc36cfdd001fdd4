"""The audit log over HTTP."""

from datetime import datetime
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import Field
from rest_framework import serializers

from accounts.choices import AuditAction
from accounts.models import AuditEntry, AuditQuerySet
from config.lib.ids import first_id_at
from config.lib.serializers import OutSerializer
from config.lib.times import parse_time
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin

NOT_A_MOMENT = "Send an RFC 3339 time with its zone, such as 2026-08-01T22:00:00Z."


class MomentField(Field):
    """A moment with its zone, in a query string."""

    def to_python(self, value: Any) -> datetime | None:
        """Return the moment in UTC, None if none was sent."""
        if value in self.empty_values:
            return None
        # A plus sign that was not escaped arrives as a blank.
        moment = parse_time(str(value).replace(" ", "+"))
        if moment is None:
            raise ValidationError(NOT_A_MOMENT, code="invalid")
        return moment


class MomentFilter(django_filters.Filter):
    """A filter by a moment."""

    field_class = MomentField


class AuditFilter(django_filters.FilterSet):
    """Entries by what was done, to what, by whom and when."""

    object = django_filters.CharFilter(field_name="object_id", help_text="The object's id.")
    object_type = django_filters.CharFilter(help_text="Such as space, grant or consent.")
    action = django_filters.ChoiceFilter(choices=AuditAction.choices)
    user = django_filters.UUIDFilter(field_name="user_id", help_text="Who did it.")
    application = django_filters.UUIDFilter(field_name="application_id")
    request = django_filters.CharFilter(field_name="request_id", help_text="An X-Request-ID.")
    organisation = django_filters.UUIDFilter(field_name="organisation_id")
    site = django_filters.UUIDFilter(field_name="site_id")
    subject = django_filters.UUIDFilter(field_name="subject_id", help_text="Whom it concerns.")
    after = MomentFilter(method="later", help_text="Later than this moment.")
    before = MomentFilter(method="earlier", help_text="Earlier than this moment.")

    class Meta:
        model = AuditEntry
        fields: tuple[str, ...] = ()

    def later(
        self, queryset: QuerySet[AuditEntry], name: str, value: datetime
    ) -> QuerySet[AuditEntry]:
        """Keep what came later; the key holds the time, so its index finds it."""
        return queryset.filter(pk__gte=first_id_at(value), time__gt=value)

    def earlier(
        self, queryset: QuerySet[AuditEntry], name: str, value: datetime
    ) -> QuerySet[AuditEntry]:
        """Keep what came earlier."""
        return queryset.filter(pk__lt=first_id_at(value))


class AuditEntryOut(OutSerializer):
    """An entry: who did what to which object, and what it was before and after.

    For an update ``before`` and ``after`` hold the changed fields alone; "(hidden)" stands for a
    secret or a long document. ``rows`` above 1 sums up a creation of many at once, whose ids lie
    between ``after.first`` and ``after.last``.
    """

    user = serializers.UUIDField(source="user_id", allow_null=True, read_only=True)
    application = serializers.UUIDField(source="application_id", allow_null=True, read_only=True)
    request = serializers.CharField(source="request_id", read_only=True)
    object = serializers.CharField(source="object_id", read_only=True)
    organisation = serializers.UUIDField(source="organisation_id", allow_null=True, read_only=True)
    site = serializers.UUIDField(source="site_id", allow_null=True, read_only=True)
    subject = serializers.UUIDField(source="subject_id", allow_null=True, read_only=True)

    class Meta:
        model = AuditEntry
        fields = (
            "id",
            "time",
            "user",
            "application",
            "request",
            "origin",
            "action",
            "object_type",
            "object",
            "organisation",
            "site",
            "subject",
            "before",
            "after",
            "rows",
        )
        read_only_fields = fields


class AuditViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Who changed what: your organisation's entries (for its admins) and your own, newest first."""

    queryset = AuditEntry.objects.none()
    serializer_class = AuditEntryOut
    filterset_class = AuditFilter
    ordering = "-id"
    required_scopes = {"list": "audit:read", "retrieve": "audit:read"}

    def get_queryset(self) -> AuditQuerySet:
        """Return the entries that the caller may see."""
        return AuditEntry.objects.visible_to(self.principal)
