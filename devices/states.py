"""The state of devices: the latest value of each point, beside what settings shall be."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from accounts.principals import Principal
from config.lib.units import symbol_of
from devices.choices import ValueType
from devices.models import Device, Point
from devices.selectors import QUALITIES, shown
from devices.series_access import series_access_of_all
from devices.windows import SeriesAccess

State = dict[str, dict[str, Any]]


class Latest(NamedTuple):
    """The latest value of a point and what its setting shall be, with what its type says.

    Plain rows: a site has hundreds, and objects of three models for each would take longest.
    """

    device: UUID
    key: str
    value_type: str
    labels: dict[str, str]
    unit: str
    writable: bool
    value: float | None
    text: str | None
    time: datetime | None
    quality: int | None
    desired_value: float | None
    desired_text: str | None
    desired_at: datetime | None


COLUMNS = (
    *("device", "type__key", "type__value_type", "type__labels", "type__unit", "type__writable"),
    *("last_value", "last_text", "last_time", "last_quality"),
    *("desired__value", "desired__text", "desired__requested_at"),
)


def state_of(
    device: Device, *, access: SeriesAccess | None = None, own: Collection[str] | None = ()
) -> State:
    """Return the latest value of each point of the device by its key; one query.

    Shape: ``value``, ``unit``, ``symbol``, ``time``, ``quality``; before the first reading, and for
    a value of a time that the access does not show, value, time and quality are null. A writable
    setting also has ``desired``: the value that is wanted and since when, or null; null also if it
    was asked for at a time that the access does not show, but for the keys in ``own`` (None: all).
    """
    return {one.key: _state(one, access, own) for one in _latest_of([device.pk])}


def states_of(
    devices: Sequence[Device], *, principal: Principal, now: datetime
) -> Mapping[UUID, State]:
    """Return the states of those of which what is so now may be told; a gateway learns in any case
    what settings shall be. One query, and three for the access, however many devices.
    """
    access = series_access_of_all(devices, principal)
    own = None if principal.is_gateway else ()
    found: dict[UUID, State] = {
        key: {} for key, one in access.items() if principal.is_gateway or one.shows(now)
    }
    for one in _latest_of(found):
        found[one.device][one.key] = _state(one, access[one.device], own)
    return found


def _latest_of(devices: Iterable[UUID]) -> Iterable[Latest]:
    points = Point.objects.filter(device__in=list(devices)).order_by("device", "type__key")
    return map(Latest._make, points.values_list(*COLUMNS))


def _state(one: Latest, access: SeriesAccess | None, own: Collection[str] | None) -> dict[str, Any]:
    """Return what is told of a point."""
    is_told = one.time is not None and (access is None or access.shows(one.time))
    value = one.text if one.value_type == ValueType.TEXT else one.value
    quality = QUALITIES[one.quality] if is_told and one.quality is not None else None
    state = {
        "value": shown(value, one) if is_told else None,
        "unit": one.unit or None,
        "symbol": symbol_of(one.unit) if one.unit else None,
        "time": one.time if is_told else None,
        "quality": quality,
    }
    if one.writable:
        is_own = own is None or one.key in own
        state["desired"] = _desired(one, None if is_own else access)
    return state


def _desired(one: Latest, access: SeriesAccess | None) -> dict[str, Any] | None:
    if one.desired_at is None or (access and not access.shows(one.desired_at)):
        return None
    value = one.desired_value if one.desired_text is None else one.desired_text
    return {"value": shown(value, one), "time": one.desired_at}
