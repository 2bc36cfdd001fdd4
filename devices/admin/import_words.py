"""What states, modes and findings of imports are called on the page, in the reader's language."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from devices.choices import ImportMode, ImportRowStatus, ImportStatus

IMPORT_STATES: Final[Mapping[str, Any]] = {
    ImportStatus.CHECKING: _("being checked"),
    ImportStatus.CHECKED: _("checked"),
    ImportStatus.APPLYING: _("being applied"),
    ImportStatus.APPLIED: _("applied"),
}
ROW_STATES: Final[Mapping[str, Any]] = {
    ImportRowStatus.REFUSED: _("refused"),
    ImportRowStatus.READY: _("can be applied"),
    ImportRowStatus.DONE: _("done"),
    ImportRowStatus.PENDING: _("not looked at yet"),
}
MODES: Final[Mapping[str, Any]] = {
    ImportMode.ALL: _("All or nothing"),
    ImportMode.ROWS: _("Row by row: refused ones are left out, with what stands in them"),
}
ROW_TYPES: Final[Mapping[str, Any]] = {
    "site": _("Site"),
    "space": _("Space"),
    "gateway": _("Gateway"),
    "asset": _("Asset"),
    "device": _("Device"),
}
UNKNOWN = _("There is no such thing")
TAKEN = _("There is one already")
RULES: Final[Mapping[str, Any]] = {
    "required": _("Missing"),
    "invalid_choice": _("None of the words that may stand here"),
    "invalid": _("Not readable"),
    "not_text": _("Text is wanted"),
    "max_length": _("Too long"),
    "control": _("Holds characters that cannot be seen"),
    "rounded": _("The spreadsheet has rounded it: format the column as text"),
    "unknown": _("This row may not have it"),
    "duplicate": _("Comes twice in the file"),
    "inside-itself": _("Stands inside itself"),
    "refused-above": _("What it stands in, or names, is refused"),
    "ambiguous": _("Several have this name"),
    "unknown-fleet": UNKNOWN,
    "unknown-gateway": UNKNOWN,
    "unknown-space": UNKNOWN,
    "unknown-type": UNKNOWN,
    "unknown-parent": UNKNOWN,
    "unknown-template": UNKNOWN,
    "unknown-kind": UNKNOWN,
    "not-published": _("The version of the template is not published"),
    "containment-not-allowed": _("May not stand there"),
    "cardinality": _("No more may stand there"),
    "already-declared": TAKEN,
    "asset-already-declared": TAKEN,
    "asset-in-use": _("In use already"),
    "name-taken": _("The name is taken"),
}


def rule_of(finding: Mapping[str, Any]) -> Any:
    """Return the rule that a finding is about, in few words; empty for the rarer ones."""
    return RULES.get(finding["code"], "")
