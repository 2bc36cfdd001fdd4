"""The documented filters of rules and alarms."""

import django_filters

from devices.choices import AlarmCondition, AlarmStatus, Severity
from devices.models import Alarm, AlarmRule


class AlarmRuleFilter(django_filters.FilterSet):
    """Rules by place, fleet, condition, severity and whether they are enabled."""

    site = django_filters.UUIDFilter(field_name="site")
    fleet = django_filters.UUIDFilter(field_name="fleet")
    target = django_filters.UUIDFilter(field_name="target")
    condition = django_filters.ChoiceFilter(field_name="condition", choices=AlarmCondition.choices)
    severity = django_filters.ChoiceFilter(field_name="severity", choices=Severity.choices)
    is_enabled = django_filters.BooleanFilter(field_name="is_enabled")

    class Meta:
        model = AlarmRule
        fields: tuple[str, ...] = ()


class AlarmFilter(django_filters.FilterSet):
    """Alarms by state, severity, place, device or gateway, rule and time."""

    status = django_filters.ChoiceFilter(field_name="status", choices=AlarmStatus.choices)
    severity = django_filters.ChoiceFilter(field_name="severity", choices=Severity.choices)
    site = django_filters.UUIDFilter(field_name="site")
    device = django_filters.UUIDFilter(field_name="node")
    gateway = django_filters.UUIDFilter(field_name="node")
    rule = django_filters.UUIDFilter(field_name="rule")
    since = django_filters.IsoDateTimeFilter(
        field_name="raised_at", lookup_expr="gte", help_text="Raised then or later."
    )

    class Meta:
        model = Alarm
        fields: tuple[str, ...] = ()
