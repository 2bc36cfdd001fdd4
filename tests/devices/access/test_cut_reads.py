"""What each read tells an app that is cut to one room, and who lives, lived, looks or visits.

The rows come in three groups, and each group is asked of one world.
"""

import csv
import io
from http import HTTPStatus
from typing import Any

import pytest

from tests.devices.access.rooms import POINT, Rooms

pytestmark = pytest.mark.django_db
READERS = ("app", "tenant", "heir", "former", "viewer", "guest", "home-app")
NOTHING: set[str] = set()
COARSE, GONE = "resolution-not-granted", 404

BLOCK = {"House", "Flat 1", "Flat 2", "Living", "Bath"}
METERS = {"lamp", "tub", "next", "boiler"}
FLAT_1, HOME = {"Flat 1", "Living", "Bath"}, {"Kitchen", "Cellar"}
ENERGY = f"point={POINT}"
DAYS = f"readings/?interval=1d&{ENERGY}"
HOURS = f"readings/?interval=1h&{ENERGY}"
MONTH = f"readings/?interval=1mo&{ENERGY}"


def both(*words: str) -> set[str]:
    return {f"{time} {word}" for time in ("early", "late") for word in words}


ALARMS = {
    "app": {"late silent lamp"},
    "tenant": both("silent lamp", "measured lamp", "silent tub", "measured tub"),
    "heir": {"late silent next", "late measured next"},
    "former": {"early silent next", "early measured next"},
    "viewer": both(*(f"silent {name}" for name in METERS), "measured boiler"),
    "guest": both("silent plug", "measured plug", "silent fridge", "measured fridge"),
    "home-app": {"late silent plug"},
}

# What is told to each reader, and to all those who are not named.
Rows = dict[str, tuple[dict[str, Any], Any]]
PLACES: Rows = {
    "sites/": (
        {"former": NOTHING, "guest": {"Home"}, "home-app": {"Home"}},
        {"Block"},
    ),
    "spaces/": (
        {
            "app": {"Living"},
            "tenant": FLAT_1,
            "heir": {"Flat 2"},
            "viewer": BLOCK,
            "guest": HOME,
            "home-app": {"Kitchen"},
        },
        NOTHING,
    ),
    "devices/": (
        {
            "app": {"lamp"},
            "tenant": {"lamp", "tub"},
            "heir": {"next"},
            "viewer": METERS,
            "guest": {"plug", "fridge"},
            "home-app": {"plug"},
        },
        NOTHING,
    ),
    "views/": ({"viewer": {"Block view"}, "guest": {"Home view"}}, NOTHING),
    "views/{block_view}/devices/": ({"viewer": METERS}, GONE),
    "views/{block_view}/spaces/": ({"viewer": BLOCK}, GONE),
    "views/{home_view}/devices/": ({"guest": {"plug", "fridge"}}, GONE),
    "views/{home_view}/spaces/": ({"guest": HOME}, GONE),
    "views/{block_view}/explain/?node={lamp}": ({"viewer": {"Block view", "lamp"}}, GONE),
    "views/{home_view}/explain/?node={plug}": ({"guest": {"Home view", "plug"}}, GONE),
    "spaces/?view={block_view}": ({"viewer": BLOCK}, NOTHING),
    "devices/?view={block_view}": ({"viewer": METERS}, NOTHING),
}
SERIES: Rows = {
    # Each counts at its own pace: 24 of the lamp, 48 of the tub, 96 of the neighbour a day.
    "devices/{lamp}/readings/?interval=1d": (
        {"app": [24, 24], "tenant": [24] * 4, "viewer": COARSE},
        GONE,
    ),
    "devices/{lamp}/readings/?interval=1h": (
        {"app": COARSE, "tenant": [1] * 96, "viewer": COARSE},
        GONE,
    ),
    "devices/{next}/readings/?interval=1d": (
        {"heir": [96, 96], "former": [96, 92], "viewer": COARSE},
        GONE,
    ),
    "sites/{block}/" + DAYS: (
        {"app": [24, 24], "tenant": [72] * 4, "heir": [96, 96], "viewer": COARSE},
        GONE,
    ),
    "sites/{block}/" + HOURS: (
        {"app": COARSE, "tenant": [3] * 96, "heir": [4] * 48, "viewer": COARSE},
        GONE,
    ),
    "sites/{block}/" + MONTH: (
        {"app": [48], "tenant": [288], "heir": [192], "viewer": [1440]},
        GONE,
    ),
    "sites/{home}/" + DAYS: ({"guest": [1152] * 4, "home-app": [384] * 2}, GONE),
    "sites/{home}/" + HOURS: ({"guest": [48] * 96, "home-app": COARSE}, GONE),
    "spaces/{living}/" + DAYS: ({"app": [24] * 2, "tenant": [24] * 4, "viewer": COARSE}, GONE),
    "spaces/{living}/" + HOURS: ({"app": COARSE, "tenant": [1] * 96, "viewer": COARSE}, GONE),
    "spaces/{flat_1}/" + DAYS: ({"tenant": [72] * 4, "viewer": COARSE}, GONE),
    "spaces/{flat_2}/" + DAYS: ({"heir": [96] * 2, "viewer": COARSE}, GONE),
    "spaces/{flat_2}/" + MONTH: ({"heir": [192], "viewer": [384]}, GONE),
    "spaces/{house}/" + DAYS: ({"viewer": COARSE}, GONE),
    "views/{block_view}/" + DAYS: ({"viewer": COARSE}, GONE),
    "views/{block_view}/" + MONTH: ({"viewer": [1440]}, GONE),
    "views/{home_view}/" + DAYS: ({"guest": [1152] * 4}, GONE),
    "fleets/{fleet}/" + DAYS: ({"viewer": COARSE}, GONE),
    "fleets/{fleet}/" + MONTH: ({"viewer": [1440]}, GONE),
    "metering-points/": (
        {
            "app": {"Living meter"},
            "tenant": {"Living meter"},
            "heir": {"Next meter"},
            "viewer": {"Living meter", "Next meter", "Sum"},
        },
        NOTHING,
    ),
    "metering-points/{living_meter}/consumption/?interval=1d": (
        {"app": [24] * 2, "tenant": [24] * 4, "viewer": COARSE},
        GONE,
    ),
    "metering-points/{living_meter}/consumption/?interval=1h": (
        {"app": COARSE, "tenant": [1] * 96, "viewer": COARSE},
        GONE,
    ),
    # With the counters from which each number is taken.
    "metering-points/{living_meter}/consumption/?interval=1d&explain=true": (
        {"app": [48, 72], "tenant": [0, 24, 48, 72], "viewer": COARSE},
        GONE,
    ),
    "metering-points/{next_meter}/consumption/?interval=1d&explain=true": (
        {"heir": [192, 288], "former": [0, 96], "viewer": COARSE},
        GONE,
    ),
    "metering-points/{sum}/consumption/?interval=1d": ({"viewer": COARSE}, GONE),
    "metering-points/{sum}/consumption/?interval=1mo": ({"viewer": [480]}, GONE),
    "devices/{lamp}/readings/export/?interval=1d": (
        {"app": [24] * 2, "tenant": [24] * 4, "viewer": COARSE},
        GONE,
    ),
    "devices/{lamp}/readings/export/?interval=raw": (
        {"app": COARSE, "tenant": [*range(96)], "viewer": COARSE},
        GONE,
    ),
    "devices/{next}/readings/export/?interval=1d": (
        {"heir": [96] * 2, "former": [92, 96], "viewer": COARSE},
        GONE,
    ),
    "sites/{block}/readings/export/?interval=1d": (
        {"app": [24] * 2, "tenant": [24] * 4 + [48] * 4, "heir": [96] * 2, "viewer": COARSE},
        GONE,
    ),
    "sites/{home}/readings/export/?interval=1d": (
        {"guest": [384] * 4 + [768] * 4, "home-app": [384] * 2},
        GONE,
    ),
    "fleets/{fleet}/readings/export/?interval=1d": ({"viewer": COARSE}, GONE),
    "fleets/{fleet}/readings/export/?interval=1mo": ({"viewer": [96, 192, 384, 768]}, GONE),
}
NEWS: Rows = {
    "alarms/?limit=500": (ALARMS, NOTHING),
    # These were found out of only now: their events tell of a time that goes beyond the past stay.
    "alarm.raised": ({**ALARMS, "former": NOTHING}, NOTHING),
    "readings.recorded": (
        {
            "tenant": {f"0{day} {room}" for day in range(1, 5) for room in ("Living", "Bath")},
            "heir": {"03 Flat 2", "04 Flat 2"},
            "former": {"01 Flat 2", "02 Flat 2"},
            "viewer": {f"0{day} House" for day in range(1, 5)},
            "guest": {f"0{day} {room}" for day in range(1, 5) for room in HOME},
        },
        NOTHING,
    ),
    "commands/?limit=500": (
        {
            "app": {"late own lamp"},
            "tenant": both("lamp", "tub", "own lamp", "own tub"),
            "heir": {"late next"},
            "viewer": both("boiler"),
            "guest": both("plug", "fridge"),
        },
        NOTHING,
    ),
    "devices/{lamp}/commands/": (
        {"app": {"late own lamp"}, "tenant": both("lamp", "own lamp"), "viewer": NOTHING},
        GONE,
    ),
    "command-batches/": ({"viewer": {"batch"}}, NOTHING),
    "POST assets/labels/": ({}, "role-missing"),
    "device-types/{kind}/?format=td": ({}, NOTHING),
    **{
        f"sites/{{block}}/graph/{form}": (
            {
                "app": {"Block", "Living", "lamp"},
                "tenant": {"Block", "lamp", "tub", *FLAT_1},
                "heir": {"Block", "Flat 2", "next"},
                "viewer": {"Block", "Block view", *BLOCK, *METERS},
            },
            GONE,
        )
        for form in ("", "?format=ttl", "?format=jsonld")
    },
    "sites/{home}/graph/?format=ttl": (
        {
            "guest": {"Home", "Home view", "plug", "fridge", *HOME},
            "home-app": {"Home", "Kitchen", "plug"},
        },
        GONE,
    ),
}


def told(rooms: Rooms, who: str, question: str) -> Any:
    """Return the numbers or names that the reader is told, the slug of a refusal, or 404."""
    if "/" not in question:
        return rooms.hears(who, question)
    answer = rooms.ask(who, question)
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return GONE
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        return answer.json()["type"].rpartition("/")[2]
    if "export" in question:
        lines = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
        return sorted(float(one["value"]) for one in lines if one["point"] == POINT)
    if any(word in question for word in ("format=", "graph/", "explain/")):
        return rooms.named_in(answer.content.decode())
    return told_in(answer.json(), rooms)


def told_in(body: Any, rooms: Rooms) -> Any:
    """Return the names of what is listed, the values of a series, or the counters behind it."""
    if "results" in body:
        return rooms.called(one["id"] for one in body["results"])
    if "explanation" in body:
        return [one["first"]["value"] for one in body["explanation"]]
    if "series" in body:
        (body,) = (one for one in body["series"] if one["point"] == POINT)
    return body["values"]


@pytest.mark.parametrize("rows", [PLACES, SERIES, NEWS], ids=["places", "series", "news"])
def test_each_reader_is_told_what_is_theirs(rows: Rows) -> None:
    rooms = Rooms()

    for question, (expected, rest) in rows.items():
        found = {who: told(rooms, who, question) for who in READERS}

        assert found == {who: expected.get(who, rest) for who in READERS}, question
