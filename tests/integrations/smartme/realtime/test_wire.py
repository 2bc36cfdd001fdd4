"""The body of a realtime post: the vendor's example, the vectors of times, and what may differ."""

from base64 import b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest

from integrations.smartme.realtime.wire import (
    MAX_BODY_BYTES,
    MAX_DEVICES,
    MAX_VALUES,
    Unreadable,
    meter_of,
    read_post,
    time_of,
)
from integrations.smartme.simulator import wire
from integrations.smartme.simulator.wire import Style

# Published by the vendor.
EXAMPLE = bytes.fromhex(
    "0A5A0A1209E9FCD03B8E9F834111B3D10C1622A22CA1120B08C0C9EAD3A98FE93710051A110A060100010800FF"
    "11333333331FAE3C411A110A060100020800FF1100000000000000001A110A060100010700FF11713D0AD7A33038"
    "40"
)
METER = "3bd0fce9-9f8e-4183-b3d1-0c1622a22ca1"
TICKS = 15_712_284_449_788_512
VALUES = {"1-0:1.8.0*255": 1879583.2, "1-0:2.8.0*255": 0.0, "1-0:1.7.0*255": 24.19}
DATES = {
    "2024-01-01T00:00:00": "0896B402",
    "2024-01-01T05:00:00": "089AE4391001",
    "2024-01-01T05:45:00": "08F2FC8A1B1002",
    "2024-01-01T05:45:30": "08F4C592D90C1003",
    "2024-01-01T05:45:30.250000": "089496F2B898631004",
    "1970-01-01T00:00:00": "",
}
SEVENTH_DIGIT = "08C2FAE2D7DCA5C53C1005"
STYLES = [
    Style(level=level, omit_zero=odd, say_kind=odd, is_shuffled=odd, has_strange_fields=odd)
    for level in wire.LEVELS
    for odd in (False, True)
]


def aware(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ticks_of(text: str) -> int:
    since = aware(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * wire.TICKS + since.microseconds * 10


def test_example_of_the_vendor_is_read() -> None:
    post = read_post(EXAMPLE)

    (report,) = post.reports
    assert report.meter == UUID(METER)
    assert report.time == aware("2019-10-16T12:20:44.978851")
    assert report.values == [(wire.obis_bytes(code), value) for code, value in VALUES.items()]
    assert not post.faults


def test_simulator_writes_the_example_of_the_vendor() -> None:
    written = wire.post_body([wire.device_data(METER, TICKS, values=VALUES)])

    assert written == EXAMPLE
    assert len(written) == 92


@pytest.mark.parametrize(("text", "code"), DATES.items())
def test_vectors_of_times_are_read_and_written(text: str, code: str) -> None:
    assert time_of(bytes.fromhex(code)) == aware(text)
    assert wire.date_time(ticks_of(text)) == bytes.fromhex(code)


def test_kind_utc_changes_nothing() -> None:
    code = bytes.fromhex("08F2FC8A1B10021801")

    assert time_of(code) == aware("2024-01-01T05:45:00")
    assert wire.date_time(ticks_of("2024-01-01T05:45:00"), Style(say_kind=True)) == code


def test_seventh_digit_is_cut_off() -> None:
    code = bytes.fromhex(SEVENTH_DIGIT)

    assert time_of(code) == aware("2024-01-01T05:45:30.250000")
    assert wire.date_time(ticks_of("2024-01-01T05:45:30.250000") + 1) == code


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_every_way_of_writing_means_the_same(style: Style) -> None:
    written = wire.post_body([wire.device_data(METER, TICKS, values=VALUES, style=style)])

    (report,) = read_post(written).reports

    assert (report.meter, report.time) == (UUID(METER), aware("2019-10-16T12:20:44.978851"))
    assert dict(report.values) == {wire.obis_bytes(code): VALUES[code] for code in VALUES}


@pytest.mark.parametrize("style", STYLES, ids=str)
@pytest.mark.parametrize("text", DATES)
def test_times_of_every_scale_are_read_at_every_level(text: str, style: Style) -> None:
    assert time_of(wire.date_time(ticks_of(text), style)) == aware(text)


def test_id_is_read_as_text_and_from_fields_in_any_order() -> None:
    lo, hi = wire.guid(METER)[:9], wire.guid(METER)[9:]

    assert meter_of(METER.encode()) == meter_of(hi + lo) == meter_of(lo + hi) == UUID(METER)
    assert meter_of(b"") == UUID(int=0)


@pytest.mark.parametrize(
    "code",
    [
        "0801100F",  # the least time
        "0802100F",  # the greatest time
        "0896B4021063",  # a scale that nobody knows
        "08FFFFFFFFFFFFFFFFFF01",  # long before 1970
        "08C0C9EAD3A98FE93710051802",  # marked as local
        "0A",  # cut off
    ],
)
def test_time_that_is_none_costs_its_device_only(code: str) -> None:
    bad = b"\x0a\x12" + wire.guid(METER) + b"\x12" + bytes([len(code) // 2]) + bytes.fromhex(code)
    good = wire.device_data(METER, TICKS, values=VALUES)

    post = read_post(wire.post_body([bad, good]))

    assert [report.time.year for report in post.reports] == [2019]
    assert len(post.faults) == 1


def test_base64_text_stands_for_its_bytes() -> None:
    assert read_post(b64encode(EXAMPLE) + b"\n") == read_post(EXAMPLE)


def test_codes_of_another_length_are_left_out() -> None:
    strange = b"\x1a\x07\x0a\x05\x01\x00\x01\x08\x00"
    body = wire.post_body([wire.device_data(METER, TICKS, values=VALUES) + strange])

    (report,) = read_post(body).reports

    assert len(report.values) == len(VALUES)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\xff\xff\xff", "not-protobuf"),
        (b"{}", "not-protobuf"),
        (b"Zm9v", "not-protobuf"),
        (b"\x0a\x00" * (MAX_DEVICES + 1), "too-many-devices"),
        (wire.post_body([b"\x1a\x00" * (MAX_VALUES + 1)]), "too-many-values"),
        (b"\x00" * (MAX_BODY_BYTES + 1), "too-large"),
    ],
    ids=["bytes", "json", "text", "devices", "values", "size"],
)
def test_what_is_no_post_is_refused_with_the_reason(body: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_post(body)

    assert caught.value.code == code


def test_nothing_is_a_post_without_reports() -> None:
    assert read_post(b"").reports == []
