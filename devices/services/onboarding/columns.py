"""What a file may say: the types of rows, and the columns of each, as one table.

Source: docs/onboarding.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from devices.choices import AssetRole

MAX_TEXT = 200
# Above this a spreadsheet's number has lost digits, and a serial is another one.
MAX_EXACT = 2**53


class Fault(Exception):
    """What cannot be taken: the column (empty for the row as a whole), the rule, what to do."""

    def __init__(self, column: str, code: str, detail: str) -> None:
        self.column, self.code, self.detail = column, code, detail
        super().__init__(detail)

    def as_json(self) -> dict[str, str]:
        """Return the fault as it is stored and shown."""
        return {"column": self.column, "code": self.code, "detail": self.detail}


Convert = Callable[[str, Any], Any]


def text(column: str, value: Any) -> str:
    """Return short text; a whole number of a spreadsheet counts as its digits."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= MAX_EXACT:
            detail = "The spreadsheet has rounded this number. Format the column as text."
            raise Fault(column, "rounded", detail)
        value = str(value)
    if not isinstance(value, str):
        raise Fault(column, "not_text", "Give text.")
    if len(value) > MAX_TEXT:
        raise Fault(column, "max_length", f"At most {MAX_TEXT} characters.")
    if any(char < " " for char in value):
        raise Fault(column, "control", "Control characters are not allowed.")
    return value.strip()


def serial(column: str, value: Any) -> str:
    """Return a serial, exact to the last blank."""
    text(column, value)
    return value if isinstance(value, str) else text(column, value)


def number(column: str, value: Any) -> float:
    """Return a number, also from text."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Fault(column, "invalid", "Give a number, such as 48.8566.") from None


def role(column: str, value: Any) -> str:
    """Return what an asset will be."""
    if value not in AssetRole.values:
        raise Fault(column, "invalid_choice", f"One of: {', '.join(AssetRole.values)}.")
    return str(value)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it means, how its values are read, and an example for the templates."""

    help: str
    example: Any = ""
    convert: Convert = text
    is_required: bool = False


KEY = Column("A name for this row, by which other rows of the file name it", "B1")
NAME = Column("What people call it")
FLEET = Column("The fleet, by its name or id", "Heat meters west", is_required=True)
MAKER = Column("The manufacturer", "Acme", is_required=True)
MODEL = Column("The model", "H1")
SERIAL = Column("The serial, exactly as on the label", "00012345", serial, is_required=True)
PARENT = Column("The key of a site or space of this file, or the id of one that exists", "B1")
PLACE = Column("A space inside the parent: its name, or its key in the template", "Flat 1.2")

COLUMNS: Final[Mapping[str, Mapping[str, Column]]] = {
    "site": {
        "key": KEY,
        "name": Column("What people call the site", "12 rue des Tilleuls", is_required=True),
        "template": Column("The template that it is built from", "collective-housing@1"),
        "timezone": Column("An IANA time zone; else the organisation's", "Europe/Paris"),
        "latitude": Column("Degrees north", 48.8566, number),
        "longitude": Column("Degrees east", 2.3522, number),
    },
    "space": {
        "key": Column(KEY.help, "B1-cellar"),
        "parent": Column(PARENT.help, "B1", is_required=True),
        "place": Column(PLACE.help, "building"),
        "kind": Column(
            "The kind of space, as in the site's template", "common-area", is_required=True
        ),
        "name": Column("What people call the space", "Cellar", is_required=True),
    },
    "gateway": {
        "key": Column(KEY.help, "G1"),
        "parent": PARENT,
        "place": PLACE,
        "name": NAME,
        "fleet": FLEET,
        "manufacturer": MAKER,
        "model": MODEL,
        "serial": SERIAL,
    },
    "asset": {
        "key": Column(KEY.help, ""),
        "fleet": FLEET,
        "role": Column("What it will be: device (as if left out) or gateway", "device", role),
        "manufacturer": MAKER,
        "model": MODEL,
        "serial": Column(SERIAL.help, "00012346", serial, is_required=True),
    },
    "device": {
        "key": Column(KEY.help, "M1"),
        "parent": PARENT,
        "place": PLACE,
        "name": Column("What people call the device; else its serial", "Heat meter flat 1.2"),
        "device_type": Column("The key of a device type", "heat-meter", is_required=True),
        "gateway": Column("The key, id or serial of a gateway", "G1"),
        "fleet": FLEET,
        "manufacturer": MAKER,
        "model": MODEL,
        "serial": Column(SERIAL.help, "00012347", serial, is_required=True),
    },
}
# Columns such as ``parameters.floors``: a family of values, each under a name of its own.
FAMILIES: Final[Mapping[str, Mapping[str, tuple[str, Any]]]] = {
    "site": {
        "parameters": ("A parameter of the template, as JSON", {"floors": 4, "flats_per_floor": 4}),
        "address": ("A part of the address", {"street": "12 rue des Tilleuls", "city": "Lyon"}),
    },
    "space": {"properties": ("A property of the space, as JSON", {})},
    "device": {"tags": ("A tag", {"billing": "tenant"})},
}
TYPES: Final = tuple(COLUMNS)
ALL_COLUMNS: Final = frozenset({name for columns in COLUMNS.values() for name in columns})
ALL_FAMILIES: Final = frozenset({name for families in FAMILIES.values() for name in families})


def is_known(column: str) -> bool:
    """Say whether some type of row has the column."""
    family, dot, name = column.partition(".")
    return column in {*ALL_COLUMNS, "type"} or bool(dot and name and family in ALL_FAMILIES)
