"""Rules of alarms and what they raised, in the admin site."""

from django.contrib import admin

from devices.admin.bases import ReadOnlyAdmin
from devices.models import Alarm, AlarmMark, AlarmRule, AlarmWatch


@admin.register(AlarmRule)
class AlarmRuleAdmin(ReadOnlyAdmin):
    """Rules; they are made and changed through the API, which knows who may."""

    list_display = ["name", "condition", "scope", "severity", "is_enabled", "site", "organisation"]
    list_select_related = ["site", "organisation"]
    list_filter = ["condition", "severity", "is_enabled"]
    search_fields = ["name"]


@admin.register(Alarm)
class AlarmAdmin(ReadOnlyAdmin):
    """Alarms, newest first, without values: whether one may see those, the API decides."""

    list_display = ["name", "status", "severity", "condition", "site", "raised_at", "cleared_at"]
    list_select_related = ["site"]
    list_filter = ["status", "severity", "condition"]
    search_fields = ["name"]
    ordering = ["-pk"]
    exclude = ["value"]


@admin.register(AlarmWatch)
class AlarmWatchAdmin(ReadOnlyAdmin):
    """What each rule watches, and where it stands."""

    list_display = ["id", "rule", "device", "phase", "since", "due_at"]
    list_select_related = ["rule", "device"]
    list_filter = ["phase"]
    exclude = ["value", "level"]


@admin.register(AlarmMark)
class AlarmMarkAdmin(ReadOnlyAdmin):
    """Devices with news that are waiting to be looked at."""

    list_display = ["id", "device_id", "is_moved"]
