"""Models become explicit buildings; what is wrong with one is named, what is left out reported."""

from typing import Any
from uuid import UUID

import pytest

from twin.definitions.findings import UnfitParameters
from twin.definitions.format import parse_definition
from twin.ontology.importing import Imported, import_model
from twin.ontology.reading import read_model

HEAD = """
@prefix brick: <https://brickschema.org/schema/Brick#> .
@prefix rec: <https://w3id.org/rec#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix x: <http://example.org/b#> .
"""
SMALL = """
x:site a brick:Site ; brick:hasPart x:b .
x:b a brick:Building ; rdfs:label "Tower" ; brick:hasPart x:f2, x:f10 .
x:f2 a brick:Floor ; rdfs:label "Floor 2" .
x:f10 a rec:Level ; rdfs:label "Floor 10" .
x:bed a rec:Bedroom ; rdfs:label "Bed" ; brick:isPartOf x:f2 .
"""
RING = """
x:loop a brick:Room ; brick:hasPart x:pool .
x:pool a brick:Room ; brick:hasPart x:loop .
"""


def imported(text: str, **options: Any) -> Imported:
    return import_model(read_model((HEAD + text).encode(), media_type="text/turtle"), **options)


def refused(text: str, **options: Any) -> list[tuple[str, str]]:
    with pytest.raises(UnfitParameters) as caught:
        imported(text, **options)
    return [(one.code, one.detail) for one in caught.value.findings]


def test_places_become_a_tree_in_natural_order() -> None:
    assert imported(SMALL).spec == {
        "spaces": [
            {
                "kind": "building",
                "name": "Tower",
                "key": "b",
                "children": [
                    {
                        "kind": "floor",
                        "name": "Floor 2",
                        "key": "f2",
                        "children": [{"kind": "room", "name": "Bed", "key": "bed"}],
                    },
                    {"kind": "floor", "name": "Floor 10", "key": "f10"},
                ],
            }
        ]
    }


def test_class_without_a_kind_is_read_as_the_nearest_and_reported() -> None:
    lacks = {(one.name, one.said_as): count for one, count in imported(SMALL).lacks.items()}

    assert lacks == {("rec:Bedroom", "room"): 1}


def test_space_that_is_there_keeps_its_id() -> None:
    key = UUID("0198a9a0-0000-7000-8000-000000000001")
    text = f"<urn:uuid:{key}> a brick:Building ."

    (there,) = imported(text, known={key: {"level": 1}}).spec["spaces"]
    (elsewhere,) = imported(text).spec["spaces"]

    assert (there["id"], there["properties"]) == (str(key), {"level": 1})
    assert "id" not in elsewhere


def test_devices_are_told_of_with_where_they_stand() -> None:
    text = SMALL + 'x:m a brick:Water_Meter ; rdfs:label "M1" ; brick:hasLocation x:bed .'
    text += "x:q a brick:Quantum_Sensor ; brick:hasLocation x:f2 . x:z a x:Dragon ."

    made = imported(text)

    told = [(one["name"], one["space"], one["classes"]) for one in made.devices]
    assert told == [
        ("M1", "Bed", ["brick:Water_Meter"]),
        ("q", "Floor 2", ["brick:Quantum_Sensor"]),
    ]
    unknown = [one for one in made.lacks if one.what == "class" and one.name.endswith("Dragon")]
    assert unknown[0].said_as == ""


def test_zone_that_groups_rooms_of_a_floor_is_no_second_place() -> None:
    text = SMALL + "x:z a brick:HVAC_Zone ; brick:hasPart x:bed ."

    made = imported(text)

    assert made.spec == imported(SMALL).spec
    assert any(one.name == "brick:HVAC_Zone" for one in made.lacks)


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("x:b brick:hasPart x:lost .", "dangling", "x:lost"),
        ("x:f10 brick:hasPart x:bed .", "two-parents", "Bed"),
        (RING, "cycle", "loop"),
        ("x:attic a brick:Room .", "orphan", "attic"),
        ("x:other a brick:Site .", "several-sites", "other"),
    ],
)  # fmt: skip
def test_model_that_does_not_hang_together_is_refused(text: str, code: str, named: str) -> None:
    found = refused(SMALL + text)

    assert code in {one for one, _ in found}
    assert any(named.removeprefix("x:") in detail for _, detail in found)


def test_model_without_places_is_refused() -> None:
    assert refused("x:m a brick:Meter .")[0][0] == "no-spaces"


def test_kinds_of_the_template_go_first() -> None:
    kinds = {
        "tower": {"name": "Tower", "root": True, "contains": {"deck": {}},
                  "classes": ["brick:Building"]},
        "deck": {"name": "Deck", "classes": ["brick:Floor", "rec:Level"]},
    }  # fmt: skip
    document = {"key": "t", "name": "T", "kinds": kinds, "layout": []}
    definition = parse_definition(document)

    (tower,) = imported(SMALL.rpartition("x:bed")[0], definition=definition).spec["spaces"]

    assert tower["kind"] == "tower"
    assert {one["kind"] for one in tower["children"]} == {"deck"}
    assert refused(SMALL, definition=definition)[0][0] == "unknown-kind"


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (b"this is <no turtle", "text/turtle", "malformed"),
        (b"\xff\xfe", "text/turtle", "malformed"),
        (b"<a> <b> " + b"[<c> " * 5000, "text/turtle", None),
        (b"#" * (2 * 1024 * 1024 + 1), "text/turtle", "too-large"),
        (b"{", "application/ld+json", "malformed"),
        (b'{"@context": "http://127.0.0.1/c"}', "application/ld+json", "remote-context"),
        (b'{"a": [{"@context": [{}, "file:///etc/passwd"]}]}', "application/ld+json",
         "remote-context"),
        (b'{"@context": {"@import": "http://127.0.0.1/c"}}', "application/ld+json",
         "remote-context"),
        (b'{"@context": {"a": {"@id": "x:a", "@context": "http://127.0.0.1/c"}}}',
         "application/ld+json", "remote-context"),
    ],
)  # fmt: skip
def test_unreadable_model_is_refused(body: bytes, media_type: str, code: str | None) -> None:
    with pytest.raises(UnfitParameters) as caught:
        read_model(body, media_type=media_type)

    (finding,) = caught.value.findings
    assert finding.code in ({code} if code else {"malformed", "too-deep"})


def test_imports_of_an_ontology_are_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any, **named: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", fail)
    text = SMALL + "x:site <http://www.w3.org/2002/07/owl#imports> <http://example.org/o> ."

    assert imported(text).mapped["space"] == 4
