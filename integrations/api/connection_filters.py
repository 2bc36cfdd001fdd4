"""The documented filters of the connections' lists."""

import django_filters
from django.db.models import QuerySet

from integrations.choices import BackfillCause, BackfillStatus, ConnectionStatus, SyncOutcome
from integrations.models import Backfill, Connection, MeterLink, SyncRun


class ConnectionFilter(django_filters.FilterSet):
    """Connections by organisation, fleet, site and how they are doing."""

    organisation = django_filters.UUIDFilter(field_name="organisation")
    fleet = django_filters.UUIDFilter(field_name="fleet")
    site = django_filters.UUIDFilter(field_name="site")
    status = django_filters.ChoiceFilter(choices=ConnectionStatus.choices)

    class Meta:
        model = Connection
        fields: tuple[str, ...] = ()


class MeterFilter(django_filters.FilterSet):
    """Meters that the cloud lists or no longer lists."""

    present = django_filters.BooleanFilter(method="filter_present")

    class Meta:
        model = MeterLink
        fields: tuple[str, ...] = ()

    def filter_present(
        self, queryset: QuerySet[MeterLink], name: str, value: bool
    ) -> QuerySet[MeterLink]:
        """Keep those that are listed now, or those that are not."""
        return queryset.filter(vanished_at__isnull=value)


class RunFilter(django_filters.FilterSet):
    """Runs by how they ended."""

    outcome = django_filters.ChoiceFilter(choices=SyncOutcome.choices)

    class Meta:
        model = SyncRun
        fields: tuple[str, ...] = ()


class BackfillFilter(django_filters.FilterSet):
    """Backfills by meter, why they are fetched and how far they are."""

    meter = django_filters.UUIDFilter(field_name="meter")
    cause = django_filters.ChoiceFilter(choices=BackfillCause.choices)
    status = django_filters.ChoiceFilter(choices=BackfillStatus.choices)

    class Meta:
        model = Backfill
        fields: tuple[str, ...] = ()
