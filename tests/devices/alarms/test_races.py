"""Two at once, over real connections: who evaluates, who changes a rule, who acknowledges."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.models import Organisation
from devices.models import Alarm, AlarmMark, Device
from devices.services.alarm_evaluation import evaluate_due, evaluate_marked
from devices.services.alarm_life import acknowledge_alarm
from devices.services.alarm_rules import change_rule
from devices.services.alarm_watches import hold_watches, sync_rule
from integrations.models import Event
from tests.devices.alarms.conftest import look, send
from tests.devices.factories import make_alarm, make_device, make_rule

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_readings_left"),
]


def at_once(*deeds: Callable[[], object]) -> None:
    """Do all at the same time, each over a connection of its own; fail if one fails."""
    gate = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> None:
        try:
            gate.wait(timeout=10)
            deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        for done in [pool.submit(run, deed) for deed in deeds]:
            done.result(timeout=60)


@pytest.fixture
def device(organisation: Organisation) -> Device:
    return make_device(organisation)


def test_evaluators_at_once_raise_once(device: Device) -> None:
    sync_rule(make_rule(device))
    send(device, 150.0)

    at_once(*[evaluate_due, evaluate_marked] * 4)
    look()

    assert Alarm.objects.count() == 1
    assert Event.objects.filter(type="alarm.raised").count() == 1
    assert AlarmMark.objects.count() == 0


def test_rule_that_changes_under_evaluation_leaves_one_open_alarm(device: Device) -> None:
    rule = make_rule(device)
    sync_rule(rule)
    send(device, 150.0)

    def change() -> None:
        sync_rule(change_rule(rule=rule, changes={"limit": 120.0}))

    at_once(evaluate_due, change, evaluate_marked, evaluate_due)
    look()

    assert Alarm.objects.exclude(status="cleared").count() == 1
    raised = Event.objects.filter(type="alarm.raised").count()
    assert raised - Event.objects.filter(type="alarm.cleared").count() == 1


def test_ingest_never_waits_for_evaluation(device: Device) -> None:
    sync_rule(make_rule(device))
    look()
    is_held, is_done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            hold_watches()
            is_held.set()
            assert is_done.wait(timeout=30)

    def ingest() -> None:
        assert is_held.wait(timeout=30)
        send(device, 150.0)
        is_done.set()

    at_once(hold, ingest)
    look()

    assert Alarm.objects.count() == 1


def test_of_two_who_acknowledge_one_is_noted_and_told(device: Device) -> None:
    alarm = make_alarm(device)

    at_once(
        *(
            lambda word=word: acknowledge_alarm(alarm=alarm, user_id=None, comment=word)
            for word in ("first", "second", "third")
        )
    )

    assert Alarm.objects.get().comment in {"first", "second", "third"}
    assert Event.objects.filter(type="alarm.acknowledged").count() == 1
