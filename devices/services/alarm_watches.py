"""Watches: work out which points and devices each rule is about, and keep it so."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from config.lib.copying import copy_rows
from devices.alarms.terms import FED
from devices.choices import AlarmCondition, AlarmScope, ClearReason, ValueType, WatchPhase
from devices.models import Alarm, AlarmRule, AlarmWatch, Device, Point
from devices.services.alarm_life import clear_alarms
from twin.choices import NodeKind
from twin.models import Space, View
from twin.selectors.view_contents import contents_of

# Whoever writes watches holds this lock of the database until its transaction ends: two that
# evaluate at once would raise the same twice, or wait for each other in a circle.
LOCK_KEY = 0x616C61726D
FIELDS = ("rule", "device", "point", "is_fed", "phase", "seen_until", "due_at")
# Members of views and subtrees change without news of their devices.
SYNC_OFTEN = timedelta(minutes=10)
SYNC_ALL = timedelta(days=1)
MOST_RULES = 200
TICK = timedelta(microseconds=1)

Pair = tuple[UUID, int | None]


def hold_watches() -> None:
    """Wait until nobody else writes watches, and keep others off until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])


def try_to_hold_watches() -> bool:
    """Say whether nobody else writes watches; then others are kept off as above."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK_KEY])
        (is_held,) = cursor.fetchone() or (False,)
        return bool(is_held)


def devices_of(rule: AlarmRule) -> QuerySet[Device]:
    """Return the devices that the rule is about; of its own tenant alone."""
    found = Device.objects.filter(_in_scope(rule))
    if rule.organisation_id is None:
        found = found.filter(organisation=None, site=rule.site_id)
    else:
        found = found.filter(organisation=rule.organisation_id)
    if rule.category:
        found = found.filter(type__category=rule.category)
    return found.filter(type__key=rule.type_key) if rule.type_key else found


def _in_scope(rule: AlarmRule) -> Q:
    match rule.scope:
        case AlarmScope.FLEET:
            return Q(fleet=rule.fleet_id)
        case AlarmScope.SITE:
            return Q(site=rule.target_id)
        case AlarmScope.DEVICE:
            return Q(pk=rule.target_id)
        case AlarmScope.VIEW:
            return contents_of(View.objects.get(pk=rule.target_id), NodeKind.DEVICE)
    top = Space.objects.get(pk=rule.target_id)
    return Q(site=top.site_id, space__in=Space.objects.within(top).values("pk"))


def points_of_rule(rule: AlarmRule, devices: QuerySet[Device]) -> QuerySet[Point]:
    """Return the points of the devices that the rule reads: numbers of its key."""
    points = Point.objects.filter(device__in=devices.values("pk"), type__key=rule.point)
    return points.exclude(type__value_type=ValueType.TEXT)


class Heard(NamedTuple):
    """When something was heard last, and after which silence its type calls it offline."""

    last: datetime | None
    offline_after_s: int


def _wanted(rule: AlarmRule, only: Collection[UUID] | None) -> dict[Pair, Heard]:
    """Return what the rule is to watch, and when it was heard last; one or two queries."""
    if not rule.is_enabled:
        return {}
    devices = devices_of(rule)
    if only is not None:
        devices = devices.filter(node__id__any=list(only))
    if not rule.point:
        seen = devices.values_list("pk", "last_seen_at", "type__offline_after_s")
        return {(key, None): Heard(last, most) for key, last, most in seen}
    points = points_of_rule(rule, devices)
    rows = points.values_list("device_id", "pk", "last_time", "device__type__offline_after_s")
    return {(device, point): Heard(last, most) for device, point, last, most in rows}


def _sync(rule: AlarmRule, *, only: Collection[UUID] | None = None) -> None:
    """Make the watches of a rule what they should be, of these devices or of all."""
    wanted, now = _wanted(rule, only), timezone.now()
    rows = AlarmWatch.objects.filter(rule=rule)
    if only is not None:
        rows = rows.filter(device__in=only)
    known = {
        (device, point): key
        for device, point, key in rows.values_list("device_id", "point_id", "pk")
    }
    gone = [key for pair, key in known.items() if pair not in wanted]
    if gone:
        _forget(gone, reason=ClearReason.OUT_OF_SCOPE)
    is_fed = rule.condition in FED
    copy_rows(
        AlarmWatch,
        fields=FIELDS,
        rows=(
            (
                rule.pk,
                device,
                point,
                is_fed,
                0,
                _seen_until(rule, heard, now=now),
                _due(rule, heard, now=now),
            )
            for (device, point), heard in wanted.items()
            if (device, point) not in known
        ),
    )


def _seen_until(rule: AlarmRule, heard: Heard, *, now: datetime) -> datetime:
    """Return from when on a new watch looks: the latest reading counts, since it holds still."""
    if rule.condition not in FED:
        return now
    return min(heard.last - TICK, now) if heard.last else now - timedelta(seconds=rule.late_s)


def _due(rule: AlarmRule, heard: Heard, *, now: datetime) -> datetime:
    """Return when a new watch is looked at first: at once, or when a silence would be too long."""
    if rule.condition != AlarmCondition.SILENCE:
        return now
    patience = heard.offline_after_s if rule.period_s is None else rule.period_s
    return min(heard.last or now, now) + timedelta(seconds=patience)


def _forget(watches: Collection[int], *, reason: ClearReason) -> None:
    """Take watches away and clear what they raised."""
    rows = AlarmWatch.objects.filter(pk__in=watches)
    pairs = list(rows.values_list("rule_id", "device_id", "point_id"))
    rows.delete()
    clear_alarms(pairs, reason=reason)


@transaction.atomic
def sync_rule(rule: AlarmRule) -> None:
    """Work out what the rule is about, and look at all of it at the next sweep."""
    hold_watches()
    _sync(rule)
    AlarmRule.objects.filter(pk=rule.pk).update(synced_at=timezone.now())


def start_rule(key: UUID) -> None:
    """Work out what a new or changed rule is about; nothing if it is gone."""
    rule = AlarmRule.objects.filter(pk=key).first()
    if rule is not None:
        sync_rule(rule)


def forget_rule(rule: AlarmRule) -> None:
    """Take all watches of a rule away and clear what it raised."""
    AlarmWatch.objects.filter(rule=rule).delete()
    clear_alarms(rule=rule, reason=ClearReason.RULE_CHANGED)


def sync_devices(devices: Collection[UUID]) -> None:
    """Work out which rules are about devices that came or moved; the caller holds the watches.

    A few queries for each rule of their tenants, however many devices.
    """
    found = Device.objects.filter(node__id__any=list(devices))
    tenants = set(found.values_list("organisation_id", "site_id"))
    own = Q(organisation__in={whose for whose, _ in tenants if whose})
    homes = Q(organisation=None, site__in={site for whose, site in tenants if not whose})
    watching = Q(watches__device__in=list(devices))
    rules = AlarmRule.objects.filter(
        Q(pk__in=AlarmRule.objects.filter(own | homes, is_enabled=True).values("pk")) | watching
    )
    for rule in rules.distinct():
        _sync(rule, only=devices)


@transaction.atomic
def clear_unfounded() -> None:
    """Clear alarms of gateways behind which nothing is silent any more: it was moved elsewhere."""
    hold_watches()
    folded = AlarmWatch.objects.filter(
        rule=OuterRef("rule"), device__gateway=OuterRef("node"), phase=WatchPhase.FOLDED
    )
    rows = Alarm.objects.open().filter(node__kind=NodeKind.GATEWAY)
    left = rows.filter(~Exists(folded)).values_list("rule_id", "node_id", "point_id")
    clear_alarms(list(left), reason=ClearReason.OUT_OF_SCOPE)


def sync_stale_rules() -> int:
    """Work out again what rules are about whose places and views may have changed since.

    Returns: how many.
    """
    clear_unfounded()
    now = timezone.now()
    often = Q(scope__in=(AlarmScope.VIEW, AlarmScope.SPACE), synced_at__lt=now - SYNC_OFTEN)
    stale = often | Q(synced_at__lt=now - SYNC_ALL) | Q(synced_at=None)
    rules = AlarmRule.objects.filter(stale, is_enabled=True)
    done = 0
    for rule in rules.order_by(F("synced_at").asc(nulls_first=True))[:MOST_RULES]:
        sync_rule(rule)
        done += 1
    return done
