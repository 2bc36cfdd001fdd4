"""From a value as it was sent to the value as it is stored, by the point's type of value."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from devices.choices import ValueType
from devices.services.recording.items import Rejected

MAX_TEXT = 4_000
Labels = Mapping[str, int]
Converter = Callable[[Any, Labels], Any]


class Word(str):
    """A value from a format that has only texts, such as CSV; the point says what it means."""

    __slots__ = ()

    def as_number(self) -> float:
        """Return the number that the text spells.

        Raises: Rejected, if it spells none.
        """
        spelled = {"true": "1", "false": "0"}.get(self.lower(), self)
        try:
            return float(spelled)
        except ValueError as error:
            raise Rejected("wrong-type", "This point takes numbers.") from error


def _number(value: Any, labels: Labels) -> float:
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, Word):
        value = value.as_number()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Rejected("wrong-type", "This point takes numbers.")
    try:
        number = float(value)
    except OverflowError as error:
        raise Rejected("not-finite", "The number is too large.") from error
    if not math.isfinite(number):
        raise Rejected("not-finite", "The number is not finite.")
    return number


def _boolean(value: Any, labels: Labels) -> float:
    if isinstance(value, Word):
        value = value.as_number()
    if isinstance(value, (bool, int, float)) and value in (0, 1):
        return float(value)
    raise Rejected("wrong-type", "This point takes true and false, or 1 and 0.")


def _enum(value: Any, labels: Labels) -> float:
    if isinstance(value, str) and value in labels:
        return float(labels[value])
    if isinstance(value, Word):
        value = value.as_number()
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and value in labels.values():
        return float(value)
    raise Rejected("wrong-type", f"This point takes one of: {', '.join(labels)}.")


def _text(value: Any, labels: Labels) -> str:
    if not isinstance(value, str):
        raise Rejected("wrong-type", "This point takes text.")
    value = str(value)
    if len(value) > MAX_TEXT:
        raise Rejected("too-long", f"A text has at most {MAX_TEXT} characters.")
    if any(char < " " and char not in "\n\r\t" for char in value):
        raise Rejected("wrong-type", "Control characters are not allowed.")
    return value


CONVERTERS: Mapping[str, Converter] = {
    ValueType.NUMBER: _number,
    ValueType.BOOLEAN: _boolean,
    ValueType.ENUM: _enum,
    ValueType.TEXT: _text,
}
