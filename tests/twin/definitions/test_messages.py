"""What an author reads for each broken rule: where, which rule, and how to mend it."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.twin.definitions.documents import changed
from twin.definitions.validation import validate_definition

DECK = "layout/0/children/0"
BAY = f"{DECK}/children/0"
DOCS = Path(__file__).parents[3] / "docs" / "topology.md"
ROOM = {"kind": "bay", "name": "Room"}
# What is changed, the pointer (of the same place unless said), the code, and the sentence.
MESSAGES: list[tuple[str, Any, str, str, str]] = [
    ("format", 2, "", "const", "Write 1 here."),
    ("name", 7, "", "type", "Write text, not 7."),
    ("kinds/bay/name", "", "", "min-length", "Write at least 1 characters, not 0."),
    ("kinds", {}, "", "min-properties", "Give at least 1 here: there is none."),
    ("layout", [], "", "min-items", "Give at least 1 here: there is none."),
    (
        "views/bays/rule",
        {"kinds": ["bay"], "not": {"kinds": ["deck"]}},
        "",
        "max-properties",
        "Give at most 1 here: there are 2.",
    ),
    (
        "kinds/deck/contains/bay/most",
        3,
        "kinds/deck/contains/bay",
        "unknown-field",
        "Leave out 'most'; known here: min, max.",
    ),
    (
        "kinds/bay/properties/wide/unit",
        "m²",
        "",
        "unknown-unit",
        "'m²' is no UCUM code. Write 'm2'.",
    ),
    (
        "kinds/bay/properties/wide/schema/type",
        "object",
        "",
        "enum",
        "Choose one of: string, number, integer, boolean, array.",
    ),
    ("key", "A b", "", "pattern", "'A b' must be lower-case words joined by hyphens."),
    (
        "kinds/garage/root",
        False,
        "kinds",
        "no-root-kind",
        "Mark at least one kind with root: true, so that a site can begin with it.",
    ),
    (
        "kinds/deck/contains/wing",
        {},
        "",
        "unknown-kind",
        "Define the kind 'wing' or leave it out.",
    ),
    (
        "kinds/roof",
        {"name": "Roof"},
        "",
        "unreachable-kind",
        "No root kind leads to 'roof': let a kind contain it, or remove it.",
    ),
    (
        "kinds/bay/contains",
        {"deck": {}},
        "",
        "containment-cycle",
        "'bay' may stand inside itself (bay > deck > bay): break the ring.",
    ),
    (
        "kinds/garage/contains/deck",
        {"min": 3, "max": 2},
        "",
        "impossible-cardinality",
        "min 3 is above max 2: lower min or raise max.",
    ),
    (
        "kinds/deck/contains/bay",
        {"max": 0},
        "",
        "impossible-cardinality",
        "max 0 allows none: leave the entry out.",
    ),
    (
        "parameters/decks/default",
        12,
        "layout",
        "layout-breaks-cardinality",
        (
            "With default parameters garage holds 12 × deck, allowed: 1 to 9: "
            "change the layout or the cardinality."
        ),
    ),
    (
        "parameters/decks/schema/maximum",
        0,
        "parameters/decks/schema/minimum",
        "impossible-schema",
        "minimum 1 is above maximum 0: no value fits. Lower or raise one.",
    ),
    (
        "kinds/bay/properties/wide/schema/enum",
        ["yes", "no"],
        "",
        "impossible-schema",
        "None of these values fits the rest of the schema: change type or values.",
    ),
    (
        "parameters/ramps",
        {"schema": {"type": "integer"}, "default": 1},
        "",
        "unused-parameter",
        "Nothing in the layout uses 'ramps': use it or remove it.",
    ),
    (
        "parameters/ramps",
        {"schema": {"type": "string"}},
        "",
        "parameter-without-example",
        "Add a default or an example, so that the layout can be tried out.",
    ),
    (
        f"{BAY}/count",
        {"parameter": "bays"},
        f"{BAY}/count/parameter",
        "undefined-parameter",
        "Define the parameter 'bays' under parameters, or use one that exists.",
    ),
    (
        "layout/0/kind",
        "bay",
        "",
        "not-a-root-kind",
        "'bay' may not stand directly in the site: mark it with root: true.",
    ),
    (
        f"{BAY}/kind",
        "garage",
        "",
        "containment-not-allowed",
        "A deck may not contain a garage: allow it under contains.",
    ),
    (
        f"{BAY}/properties",
        {"long": True},
        f"{BAY}/properties/long",
        "unknown-property",
        "The kind 'bay' has no property 'long': define it there.",
    ),
    (
        f"{BAY}/name",
        "Bay {bay",
        "",
        "bad-pattern",
        "Write placeholders as {variable} or {variable:style}, and no other braces.",
    ),
    (
        f"{BAY}/name",
        "Bay {bay:roman}",
        "",
        "unknown-style",
        "The style 'roman' is unknown: use letter, or 02 to 09 for zeros.",
    ),
    (
        f"{BAY}/name",
        "Bay {town}",
        "",
        "unknown-variable",
        "The variable 'town' is unknown here; known: deck, bay, site.",
    ),
    (
        f"{BAY}/count",
        {"parameter": "decks", "per": "wing"},
        f"{BAY}/count/per",
        "unknown-row",
        "No repetition 'wing' is around this space; there is: deck.",
    ),
    (
        f"{BAY}/index",
        "deck",
        "",
        "repeated-index",
        "The index 'deck' is taken further up: name it with index.",
    ),
    (
        f"{BAY}/key",
        "bay",
        "",
        "duplicate-key",
        "Repeated spaces need {bay} in their key, or it is there twice.",
    ),
    (
        f"{BAY}/count",
        30_000,
        "layout",
        "too-many-spaces",
        "With default parameters: These parameters give more than 50,000 spaces: use smaller ones.",
    ),
    (
        "kinds/bay/renamed_from",
        ["deck"],
        "kinds/bay/renamed_from/0",
        "renamed-from-living",
        "'deck' is still defined: remove it, or leave it out here.",
    ),
    (
        f"{DECK}/children",
        [{**ROOM, "key": "a"}, {**ROOM, "key": "b", "renamed_from": ["a"]}],
        "layout",
        "renamed-from-living",
        (
            "garage/deck-1/b says in renamed_from that it was garage/deck-1/a, which is another "
            "space: leave it out."
        ),
    ),
    (
        f"{DECK}/children",
        [{**ROOM, "key": key, "renamed_from": ["old"]} for key in ("a", "b")],
        "layout",
        "renamed-twice",
        (
            "garage/deck-1/a and garage/deck-1/b both say that they were garage/deck-1/old: "
            "leave one out."
        ),
    ),
    (
        "views/bays/members",
        ["garage/deck-7"],
        "views/bays/members/0",
        "unknown-member",
        (
            "The layout has no space 'garage/deck-7' with default parameters: name one that it "
            "always has, or a kind instead."
        ),
    ),
    (
        "views/bays/rule",
        {"all": [{"kinds": ["bay"]}, {"kinds": ["deck"]}]},
        "",
        "view-never-matches",
        (
            "No space and no device can ever fulfil this: its conditions exclude each other, or "
            "ask for a value that the property cannot have. Loosen one, or join them by any."
        ),
    ),
    (
        "relationships/feeds/to",
        {"views": ["lots"]},
        "relationships/feeds/to/views",
        "unknown-view",
        "Define 'lots' under views, or leave it out.",
    ),
]


@pytest.mark.parametrize(("path", "value", "at", "code", "detail"), MESSAGES)
def test_message_names_place_rule_and_fix(
    path: str, value: Any, at: str, code: str, detail: str
) -> None:
    findings = validate_definition(changed(path, value))

    told = [(one.pointer, one.code, one.detail) for one in findings]
    assert (f"#/{at or path}", code, detail) in told


def test_two_kinds_that_were_one_are_told() -> None:
    document = changed("kinds/deck/renamed_from", ["level"])
    document["kinds"]["bay"]["renamed_from"] = ["level"]

    (finding,) = validate_definition(document)

    assert (finding.pointer, finding.code) == ("#/kinds/bay/renamed_from/0", "renamed-twice")
    assert finding.detail == "Only one can have been 'level' before: leave it out here."


def test_views_that_were_one_are_told() -> None:
    document = changed("views/bays/renamed_from", ["places"])
    document["views"]["places"] = {"name": "Places", "rule": {"kinds": ["bay"]}}

    (finding,) = validate_definition(document)

    assert finding.pointer == "#/views/bays/renamed_from/0"
    assert finding.code == "renamed-from-living"


def test_every_rule_of_the_documentation_is_broken_here() -> None:
    section = DOCS.read_text(encoding="utf-8").partition("## What is checked")[2]
    rows = section.partition("YAML is read")[0].splitlines()
    cells = [row.split("|")[1] for row in rows if row.startswith("| `") and "bad-syntax" not in row]
    codes = {code for cell in cells for code in re.findall(r"`([a-z-]+)`", cell)}

    assert codes - {"required"} <= {code for *_, code, _ in MESSAGES}
