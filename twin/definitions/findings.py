"""What a check of a definition says: where, which rule, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong in a definition or in the parameters given to it.

    Shape: ``pointer`` is a JSON pointer as a URI fragment (``#/kinds/flat``), ``code`` the rule in
    kebab-case, ``detail`` a sentence that names the fix.
    """

    pointer: str
    code: str
    detail: str


class UnfitParameters(Exception):
    """The parameters do not fit the definition; carries one finding per fault."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = list(findings)
        super().__init__("; ".join(finding.detail for finding in self.findings))


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer of the parts, escaped.

    Source: RFC 6901, sections 3 and 6.
    """
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "#" + "".join(f"/{part}" for part in escaped)
