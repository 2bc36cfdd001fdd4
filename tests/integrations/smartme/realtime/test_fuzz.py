"""Chance against the reader of posts: it never fails, hangs or keeps memory, whatever it is given.

FUZZ_SECONDS (`make fuzz-smartme`) is how long bodies are bent at random; half a second by default.
"""

import os
import time
import tracemalloc
import uuid
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.smartme.realtime.wire import (
    MAX_DEVICES,
    MAX_VALUES,
    Post,
    Unreadable,
    read_post,
)
from integrations.smartme.simulator import wire
from integrations.smartme.simulator.wire import Style

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0.5"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
# Far more than the slowest of the largest bodies takes; a hang takes for ever.
SLOWEST_S = 10.0
GROWTH_BYTES = 2 * 1024 * 1024
STYLES = st.builds(
    Style,
    level=st.sampled_from(wire.LEVELS),
    omit_zero=st.booleans(),
    say_kind=st.booleans(),
    is_shuffled=st.booleans(),
    has_strange_fields=st.booleans(),
)
CODES = st.tuples(*[st.integers(0, 255)] * 6).map(
    lambda g: f"{g[0]}-{g[1]}:{g[2]}.{g[3]}.{g[4]}*{g[5]}"
)
# From 2000 to 2100, in steps of 100 ns.
TICKS = st.integers(946_684_800 * wire.TICKS, 4_102_444_800 * wire.TICKS)


def read(body: bytes) -> Post | None:
    """Return the post, or None where it is refused with a reason; nothing else may happen."""
    try:
        post = read_post(body)
    except Unreadable:
        return None
    assert len(post.reports) + len(post.faults) <= MAX_DEVICES
    assert sum(len(report.values) for report in post.reports) <= MAX_VALUES
    assert all(report.time.tzinfo is not None for report in post.reports)
    return post


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    read(body)


@given(st.uuids(), TICKS, st.dictionaries(CODES, st.floats(allow_nan=False), max_size=5), STYLES)
@settings(max_examples=80, deadline=None)
def test_whatever_the_cloud_may_write_is_read_as_it_was_meant(
    meter: uuid.UUID, ticks: int, values: dict[str, float], style: Style
) -> None:
    body = wire.post_body([wire.device_data(str(meter), ticks, values=values, style=style)])

    post = read(body)

    assert post is not None
    (report,) = post.reports
    wanted = {wire.obis_bytes(code): value for code, value in values.items()}
    assert (report.meter, dict(report.values)) == (meter, wanted)
    assert int(report.time.timestamp()) == ticks // wire.TICKS
    assert report.time.microsecond == ticks % wire.TICKS // 10


def bent(body: bytes, dice: Random) -> bytes:
    """Return the body with bytes changed, cut out, repeated or put in."""
    content = bytearray(body)
    for _ in range(dice.randrange(1, 5)):
        place = dice.randrange(len(content) + 1)
        match dice.randrange(4):
            case 0:
                content[place:place] = dice.randbytes(dice.randrange(12))
            case 1:
                del content[place : place + dice.randrange(12)]
            case 2:
                content[place:place] = content[place : place + dice.randrange(40)] * 3
            case _ if place < len(content):
                content[place] ^= 1 << dice.randrange(8)
    return bytes(content)


def test_bent_bodies_cost_neither_a_crash_nor_time_nor_memory() -> None:
    dice = Random(SEED)
    values = {f"1-0:{n}.7.0*255": float(n) for n in range(3)}
    meter = str(uuid.UUID(int=7))
    bodies = [
        wire.post_body(
            [wire.device_data(meter, dice.getrandbits(54), values=values, style=Style(level=level))]
        )
        for level in wire.LEVELS
        for _ in range(20)
    ]
    tracemalloc.start()
    ends_at = time.monotonic() + SECONDS
    before, count = tracemalloc.get_traced_memory()[0], 0
    while time.monotonic() < ends_at or count < 200:
        started = time.monotonic()
        read(bent(dice.choice(bodies), dice))
        assert time.monotonic() - started < SLOWEST_S
        count += 1
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert grown < GROWTH_BYTES


def test_the_largest_bodies_are_read_or_refused_in_time() -> None:
    started = time.monotonic()
    for unit in (b"\x0a\x00", b"\x0b", b"\x0a\x02\x1a\x00", b"\xff", b"A", b"\x0b\x0c"):
        read(unit * (256 * 1024 // len(unit)))

    assert time.monotonic() - started < SLOWEST_S
