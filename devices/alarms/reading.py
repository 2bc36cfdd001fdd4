"""Which values of alarms somebody may read: those of times at which every reading is open."""

from collections.abc import Iterable
from uuid import UUID

from accounts.principals import Principal
from devices.alarms.terms import OF_CONTACT
from devices.models import Alarm, Device
from devices.series_access import series_access_of_all


def open_values(alarms: Iterable[Alarm], *, principal: Principal) -> set[UUID]:
    """Return the ids of the alarms whose value may be shown; three queries and the reach."""
    valued = [alarm for alarm in alarms if alarm.value is not None]
    contact = {alarm.pk for alarm in valued if alarm.condition in OF_CONTACT}
    devices = Device.objects.filter(pk__in={alarm.node_id for alarm in valued})
    access = series_access_of_all(devices, principal)
    return contact | {
        alarm.pk
        for alarm in valued
        if alarm.node_id in access and access[alarm.node_id].shows(alarm.began_at)
    }
