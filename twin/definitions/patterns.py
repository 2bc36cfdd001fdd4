"""Naming patterns: ``Flat {floor}.{flat}``, ``Staircase {staircase:letter}``, ``Level {floor:02}``.

A deliberately tiny language: a placeholder names a number or text of the layout and may say how
to write it. Nothing is looked up on objects, so a pattern can reveal nothing but what it is given.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from twin.definitions.findings import Finding

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_.-]*)(?::([a-z0-9]+))?\}")
_PADDED = re.compile(r"0[2-9]")
MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A variable of the layout and the style it is written in (empty, ``letter``, ``02``...)."""

    variable: str
    style: str = ""

    def render(self, values: Mapping[str, int | float | str]) -> str:
        """Write the variable's value in the placeholder's style."""
        value = values[self.variable]
        if self.style == "letter" and isinstance(value, int):
            return letters(value)
        return str(value).zfill(int(self.style)) if self.style.isdigit() else str(value)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed naming pattern: texts and placeholders in order."""

    parts: tuple[str | Placeholder, ...]

    @property
    def variables(self) -> frozenset[str]:
        """The variables that the pattern needs."""
        return frozenset(part.variable for part in self.parts if isinstance(part, Placeholder))

    def render(self, values: Mapping[str, int | float | str]) -> str:
        """Write the pattern out; needs a value for every variable."""
        return "".join(
            part if isinstance(part, str) else part.render(values) for part in self.parts
        )


def parse_pattern(text: str) -> Pattern:
    """Return the pattern of a text whose faults `pattern_findings` has found none of."""
    return Pattern(tuple(_parts(text)))


def pattern_findings(text: str, *, at: str) -> Iterator[Finding]:
    """Find what is wrong with a pattern on its own: stray braces, unknown styles."""
    rest = _PLACEHOLDER.sub("", text)
    if "{" in rest or "}" in rest:
        detail = "Write placeholders as {variable} or {variable:style}, and no other braces."
        yield Finding(at, "bad-pattern", detail)
    for part in _parts(text):
        if isinstance(part, Placeholder) and not _is_style(part.style):
            detail = f"The style {part.style!r} is unknown: use letter, or 02 to 09 for zeros."
            yield Finding(at, "unknown-style", detail)


def letters(number: int) -> str:
    """Return A for 1, Z for 26, AA for 27, as columns of a sheet are named."""
    if number < 1:
        return str(number)
    text = ""
    while number:
        number, digit = divmod(number - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def _is_style(style: str) -> bool:
    """Say whether a placeholder may be written in this style."""
    return style in {"", "letter"} or _PADDED.fullmatch(style) is not None


def _parts(text: str) -> Iterator[str | Placeholder]:
    """Yield the texts and placeholders of a pattern in order."""
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        if match.start() > end:
            yield text[end : match.start()]
        yield Placeholder(match[1], match[2] or "")
        end = match.end()
    if end < len(text):
        yield text[end:]
