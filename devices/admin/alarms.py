"""Rules of alarms and what they raised, in the admin site."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from devices.admin.bases import ReadOnlyAdmin
from devices.models import Alarm, AlarmMark, AlarmRule, AlarmWatch


class KeptAdmin(ReadOnlyAdmin):
    """Leaves out what people watch over at home: it is theirs alone."""

    owner_field: ClassVar = "owner"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return what those who keep places made."""
        return super().get_queryset(request).filter(**{self.owner_field: None})


@admin.register(AlarmRule)
class AlarmRuleAdmin(KeptAdmin):
    """Rules; they are made and changed through the API, which knows who may."""

    list_display = ["name", "condition", "scope", "severity", "is_enabled", "site", "organisation"]
    list_select_related = ["site", "organisation"]
    list_filter = ["condition", "severity", "is_enabled"]
    search_fields = ["name"]


@admin.register(Alarm)
class AlarmAdmin(KeptAdmin):
    """Alarms, newest first, without values: whether one may see those, the API decides."""

    list_display = ["name", "status", "severity", "condition", "site", "raised_at", "cleared_at"]
    list_select_related = ["site"]
    list_filter = ["status", "severity", "condition"]
    search_fields = ["name"]
    ordering = ["-pk"]
    exclude = ["value"]


@admin.register(AlarmWatch)
class AlarmWatchAdmin(KeptAdmin):
    """What each rule watches, and where it stands."""

    owner_field = "rule__owner"
    list_display = ["id", "rule", "device", "phase", "since", "due_at"]
    list_select_related = ["rule", "device"]
    list_filter = ["phase"]
    exclude = ["value", "level"]


@admin.register(AlarmMark)
class AlarmMarkAdmin(ReadOnlyAdmin):
    """Devices with news that are waiting to be looked at."""

    list_display = ["id", "device_id", "is_moved"]
