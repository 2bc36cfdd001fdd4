"""The simulated cloud posts what its meters say, with the faults that are on, and remembers it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from integrations.smartme.realtime.wire import Unreadable, read_post
from integrations.smartme.simulator.clock import SimulatedClock
from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.meters import TICKS
from integrations.smartme.simulator.realtime import Sender
from integrations.smartme.simulator.registrations import Registration
from integrations.smartme.simulator.wire import Style
from integrations.smartme.simulator.world import made_up_account

START = 1_780_000_000.0
Sent = list[tuple[str, bytes]]


class Posting:
    """A cloud whose clock stands, and a sender whose posts are caught."""

    def __init__(self, *, answers: Callable[[int], int] | None = None) -> None:
        accounts = [made_up_account(name, api_key=name, meters=2) for name in ("one", "two")]
        self.cloud = SmartMeCloud(accounts, clock=SimulatedClock(start=START, speed=0))
        self.sent: Sent = []
        self._answers = answers
        self.sender = self.cloud.sender = Sender(self.cloud, deliver=self._catch, seed=1)

    def _catch(self, to: Registration, body: bytes) -> int:
        self.sent.append((to.url, body))
        return self._answers(len(self.sent)) if self._answers else 200

    def register(self, account: str = "one", **fields: Any) -> None:
        given = {"kind": 2, "meter": None, **fields}
        entry = Registration(f"{account}", account, **given, url=account, username="", password="")
        self.cloud.registrations.add(entry)

    def pass_time(self, seconds: float) -> None:
        self.cloud.clock.change(advance_s=seconds)
        self.sender.turn()

    def reports(self) -> list[tuple[UUID, int]]:
        """Return what can be read of what was sent: id and second of each report."""
        found = []
        for _, body in self.sent:
            try:
                found += [(r.meter, int(r.time.timestamp())) for r in read_post(body).reports]
            except Unreadable:
                continue
        return found


def test_each_report_of_each_meter_is_posted_once() -> None:
    posting = Posting()
    posting.register()

    posting.pass_time(60)
    posting.pass_time(60)

    assert len(posting.sent) == len(set(posting.reports())) == 2 * 12
    assert {url for url, _ in posting.sent} == {"one"}
    ledger = posting.cloud.ledger.posts("one")
    assert {(UUID(line["meter"]), line["ticks"] // TICKS) for line in ledger} == set(
        posting.reports()
    )
    assert all((line["sent"], line["taken"]) == (1, 1) for line in ledger)


def test_nothing_is_posted_for_nobody_and_one_meter_for_one() -> None:
    posting = Posting()
    posting.pass_time(60)
    assert posting.sent == []
    (meter, _) = posting.cloud.accounts["two"].meters
    posting.register("two", kind=1, meter=meter.id)

    posting.pass_time(60)

    assert {key for key, _ in posting.reports()} == {UUID(meter.id)}


def test_failed_post_is_tried_again_only_where_that_is_switched_on() -> None:
    posting = Posting(answers=lambda number: 200 if number > 6 else 503)
    posting.register()
    posting.pass_time(30)
    assert len(posting.sent) == 6

    posting.sender.retries = None
    posting.pass_time(10)
    posting.pass_time(10)

    taken = [line["taken"] for line in posting.cloud.ledger.posts()]
    assert taken.count(0) == 6  # lost for good
    assert posting.sender.waiting == 0


@pytest.mark.parametrize(
    ("kind", "given", "posts", "readable"),
    [
        ("post-drop", {}, 0, 0),
        ("post-duplicate", {}, 24, 24),
        ("post-foreign", {}, 12, 24),
        ("post-garbage", {}, 24, 12),
        ("post-late", {"seconds": 1e9}, 0, 0),
    ],
)
def test_faults_of_posts(kind: str, given: dict[str, Any], posts: int, readable: int) -> None:
    posting = Posting()
    posting.register()
    posting.cloud.faults.switch_on({"kind": kind, "account": "one", **given})

    posting.pass_time(60)

    assert len(posting.sent) == posts
    assert len(posting.reports()) >= readable


def test_late_posts_come_in_the_end_and_out_of_order() -> None:
    posting = Posting()
    posting.register()
    posting.cloud.faults.switch_on({"kind": "post-late", "seconds": 300, "share": 0.7})

    for _ in range(10):
        posting.pass_time(60)
    posting.cloud.faults.switch_off()
    posting.pass_time(600)

    times = [second for _, second in posting.reports()]
    assert times != sorted(times)
    assert len(set(posting.reports())) == len(posting.sent) == len(posting.cloud.ledger.posts())


def test_chance_of_faults_is_repeatable() -> None:
    runs = []
    for _ in range(2):
        posting = Posting()
        posting.register()
        posting.cloud.faults.switch_on({"kind": "post-drop", "share": 0.5})
        posting.pass_time(600)
        runs.append(posting.sent)

    assert runs[0] == runs[1]
    assert 0 < len(runs[0]) < 120


def test_other_levels_are_written_when_asked_for() -> None:
    posting = Posting()
    posting.register()
    posting.sender.style = Style(level=300, omit_zero=True)

    posting.pass_time(60)

    assert len(set(posting.reports())) == 12
