"""What is judged once a night or a day by the site's clock: leaks and missing readings."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import Organisation
from devices.alarms.terms import Terms
from devices.models import Alarm, AlarmRule, AlarmWatch, Device
from devices.services.readings import record_readings
from tests.devices.alarms.conftest import ripen, start
from tests.devices.factories import make_device, make_rule
from tests.twin.factories import make_site

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
COUNTER = "active_energy_import"


@pytest.fixture
def device(organisation: Organisation) -> Device:
    made = make_device(organisation, site=make_site(organisation, time_zone="Europe/Paris"))
    Device.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(days=9))
    return made


def today_at(hour: float, *, days_ago: int = 0) -> datetime:
    """Return a moment of a day by the clock in Paris."""
    midnight = timezone.now().astimezone(PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
    day = midnight.date() - timedelta(days=days_ago)
    return datetime.combine(day, time(), PARIS).astimezone(UTC) + timedelta(hours=hour)


def store(device: Device, rows: list[tuple[datetime, float]]) -> None:
    """Record values of the counter."""
    named = {"device": str(device.pk), "point": COUNTER}
    readings = [{**named, "time": moment, "value": value} for moment, value in rows]
    record_readings(readings, devices=Device.objects.all())


def judge(rule: AlarmRule) -> str | None:
    """Judge the last night or day, and return how the alarm stands."""
    start(rule)
    AlarmWatch.objects.filter(rule=rule).update(seen_until=timezone.now() - timedelta(days=3))
    ripen(rule)
    return Alarm.objects.order_by("pk").values_list("status", flat=True).first()


def night(device: Device, limit: float) -> AlarmRule:
    """Make a rule about a night of two hours that has just ended, whatever time it is."""
    until = (timezone.now() - timedelta(minutes=20)).astimezone(PARIS)
    since = until - timedelta(hours=2)
    hours = {"night_from": since.time(), "night_until": until.time()}
    return make_rule(device, condition="night", point=COUNTER, limit=limit, **hours)


def hours_ago(hours: float) -> datetime:
    """Return a moment that long ago."""
    return timezone.now() - timedelta(hours=hours)


@pytest.mark.parametrize(("limit", "status"), [(2.01, None), (1.99, "raised")])
def test_what_runs_at_night_is_taken_from_its_hours_alone(
    device: Device, limit: float, status: str | None
) -> None:
    # One unit an hour all day long: two in the two hours.
    store(device, [(hours_ago(hours), 100.0 - hours) for hours in (20, 12, 4, 0)])

    assert judge(night(device, limit)) == status


def test_night_waits_for_a_reading_behind_it(device: Device) -> None:
    rule = night(device, 1.9)
    store(device, [(hours_ago(hours), 100.0 - hours) for hours in (20, 1)])
    assert judge(rule) is None

    store(device, [(hours_ago(0), 100.0)])
    ripen(rule)

    assert Alarm.objects.get().status == "raised"


def test_night_without_readings_says_nothing(device: Device) -> None:
    assert judge(night(device, 0.1)) is None


@pytest.mark.parametrize(("missing", "status"), [(2, None), (3, "raised")])
def test_day_with_too_few_readings_raises(device: Device, missing: int, status: str | None) -> None:
    hours = range(missing, 24)
    store(device, [(today_at(hour, days_ago=1), float(hour)) for hour in hours])
    hourly = {"period_s": 3600, "limit": 22 / 24}

    assert judge(make_rule(device, condition="completeness", point=COUNTER, **hourly)) == status


def test_readings_of_the_same_hour_count_once(device: Device) -> None:
    store(device, [(today_at(1 + n / 60, days_ago=1), float(n)) for n in range(30)])

    rule = make_rule(device, condition="completeness", point=COUNTER, period_s=3600, limit=0.5)

    assert judge(rule) == "raised"
    assert Alarm.objects.get().value == pytest.approx(1 / 24)
    assert not Alarm.objects.get().is_measured


def test_day_on_which_the_device_came_is_not_judged(device: Device) -> None:
    Device.objects.filter(pk=device.pk).update(created_at=today_at(1, days_ago=1))

    assert judge(make_rule(device, condition="completeness", point=COUNTER, limit=0.9)) is None


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 29, 23), (6, 1, 24), (10, 25, 25)])
def test_day_has_as_many_hours_as_its_clock_shows(month: int, day: int, hours: int) -> None:
    terms = Terms.of(AlarmRule(condition="completeness", limit=1.0))
    noon_after = datetime(2026, month, day, 12, tzinfo=PARIS) + timedelta(days=1)

    window = terms.last_window(PARIS, noon_after)

    assert window.end - window.start == timedelta(hours=hours)
    assert terms.next_window(PARIS, noon_after).start == window.end


def test_day_is_judged_when_its_delay_is_over() -> None:
    terms = Terms.of(AlarmRule(condition="completeness", limit=1.0, delay_s=3600))
    midnight = datetime(2026, 6, 2, tzinfo=PARIS)

    before = terms.last_window(PARIS, midnight + timedelta(minutes=59))
    after = terms.last_window(PARIS, midnight + timedelta(minutes=60))

    assert (before.end, after.end) == (midnight - timedelta(days=1), midnight)
