"""Read a document of device types: each type written out in full, or what is wrong with it.

A type names points and actions by their keys, from the document's own ``points`` and ``actions`` or
from the shipped catalogue, or writes them out.
Source: docs/catalogue.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from config.lib.errors import Finding, InvalidInput
from devices.models.types import OFFLINE_AFTER_S
from devices.services.catalogue_files import Catalogue, catalogue_schema, read_catalogue
from devices.services.device_types import check_parts

MAX_TYPES = 500
MEMBERS = ("points", "actions")
TOP = {*MEMBERS, "device_types"}
FULL = {"points": "value_type", "actions": "timeout_s"}
FIXES = {
    "required": "Add what is missing.",
    "additionalProperties": "Take it out, or correct its name.",
    "enum": "Use one of these.",
    "type": "Write it so.",
    "pattern": "Correct the spelling.",
}
Entry = dict[str, Any]


@dataclass
class Given:
    """One type of a document: where it stands, written out as far as it could be read."""

    pointer: str
    entry: Entry
    findings: list[Finding] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Return its key, or what stands there."""
        return str(self.entry.get("key", ""))


@lru_cache(maxsize=1)
def shipped_words() -> Catalogue:
    """Return the shipped points and actions."""
    return read_catalogue()


@lru_cache(maxsize=1)
def _head_rules() -> Draft202012Validator:
    schema = catalogue_schema()
    known = schema["$defs"]["device_type"]
    known["required"] = ["key", "model", "category", "points"]
    parts = {"type": "array", "maxItems": 500}
    known["properties"] |= {
        **dict.fromkeys(MEMBERS, parts),
        "points": {**parts, "minItems": 1},
        "version": {"type": "integer", "minimum": 1},
    }
    for name in ("manufacturer", "ontology", "description"):
        known["properties"][name] = {"anyOf": [{"const": ""}, known["properties"][name]]}
    return Draft202012Validator({"$defs": schema["$defs"], "$ref": "#/$defs/device_type"})


def read_types(document: object) -> list[Given]:
    """Return the types of a document, one alone or all below ``device_types``.

    Raises: InvalidInput, if it is no such document at all.
    """
    if not isinstance(document, Mapping) or not ({"key", "device_types"} & document.keys()):
        text = "Write one device type, with its key, or a list of them as device_types."
        raise InvalidInput([("#", "not-a-catalogue", text)])
    if "device_types" not in document:
        return [_read("#", document, {name: {} for name in MEMBERS})]
    entries = document["device_types"]
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_TYPES:
        text = f"Write a list of 1 to {MAX_TYPES} device types."
        raise InvalidInput([("#/device_types", "type", text)])
    words = _own_words(document)
    given = [_read(f"#/device_types/{index}", one, words) for index, one in enumerate(entries)]
    _refuse_twice(given)
    return given


def _own_words(document: Mapping[str, Any]) -> dict[str, dict[str, Entry]]:
    """Return the points and actions that the document defines, by their keys.

    Raises: InvalidInput, with what is wrong with them.
    """
    unknown = [
        (f"#/{name}", "additionalProperties", f"There is no {name} in a document of types.")
        for name in document
        if name not in TOP
    ]
    if unknown:
        raise InvalidInput(unknown)
    own = {name: document.get(name, []) for name in MEMBERS}
    wrong = [
        (f"#/{name}", "type", "Write a list.")
        for name in MEMBERS
        if not isinstance(own[name], list)
    ]
    if wrong:
        raise InvalidInput(wrong)
    check_parts(own["points"] or None, own["actions"] or None)
    return {name: {one["key"]: one for one in own[name]} for name in MEMBERS}


def _read(pointer: str, entry: object, words: Mapping[str, Mapping[str, Entry]]) -> Given:
    if not isinstance(entry, Mapping):
        finding = Finding(pointer, "type", "Write a device type: key, category, points.")
        return Given(pointer, {}, [finding])
    given = Given(pointer, dict(entry))
    given.findings += [_told(pointer, error) for error in _head_rules().iter_errors(entry)]
    if given.findings:
        return given
    for member in MEMBERS:
        given.entry[member] = list(_written_out(given, member, own=words[member]))
    if not given.findings:
        given.findings += _faults_of_parts(given)
    _fill(given.entry)
    return given


def _written_out(given: Given, member: str, *, own: Mapping[str, Entry]) -> Iterator[Entry]:
    """Yield the parts in full; note those that nobody defined."""
    known = {**getattr(shipped_words(), member), **own}
    for index, use in enumerate(given.entry.get(member, ())):
        pointer = f"{given.pointer}/{member}/{index}"
        named = {"key": use} if isinstance(use, str) else use
        if not isinstance(named, Mapping) or not isinstance(named.get("key"), str):
            text = "Write the key of one in the catalogue, or one in full."
            given.findings.append(Finding(pointer, "type", text))
        elif FULL[member] in named:
            yield dict(named)
        elif named["key"] in known:
            yield _narrowed(given, pointer, word=known[named["key"]], use=named)
        else:
            given.findings.append(_unknown(pointer, member, key=named["key"], known=known))


def _narrowed(given: Given, pointer: str, *, word: Entry, use: Mapping[str, Any]) -> Entry:
    """Return the word as the type uses it; its unit and meaning stay."""
    for name in ("unit", "kind", "nature"):
        if use.get(name, word.get(name)) != word.get(name):
            text = f"{word['key']} has {word.get(name)} everywhere. Use that, or write it in full."
            given.findings.append(Finding(f"{pointer}/{name}", "fixed", text))
    return {**word, **use}


def _unknown(pointer: str, member: str, *, key: str, known: Mapping[str, Entry]) -> Finding:
    near = get_close_matches(key, known, n=1)
    hint = f"Did you mean {near[0]}? Else write" if near else "Write"
    noun = member.removesuffix("s")
    return Finding(
        pointer,
        f"unknown-{noun}",
        f"The catalogue has no {noun} {key}. {hint} it out in full, or define it under {member}.",
    )


def _faults_of_parts(given: Given) -> Iterator[Finding]:
    """Yield what is wrong with the points and actions, where they stand in the document."""
    try:
        check_parts(given.entry["points"], given.entry["actions"])
    except InvalidInput as error:
        for pointer, code, detail in error.findings:
            yield Finding(f"{given.pointer}{pointer.removeprefix('#')}", code, detail)


def _fill(entry: Entry) -> None:
    maker = entry.get("manufacturer") or "generic"
    plain = entry["model"] if maker == "generic" else f"{maker} {entry['model']}"
    entry.setdefault("name", plain)
    entry.setdefault("manufacturer", "")
    entry.setdefault("description", "")
    entry.setdefault("ontology", "")
    entry.setdefault("offline_after_s", OFFLINE_AFTER_S)


def _refuse_twice(given: Iterable[Given]) -> None:
    seen: set[str] = set()
    for one in given:
        if one.key and one.key in seen:
            text = f"{one.key} is there twice. Keep one of them."
            one.findings.append(Finding(f"{one.pointer}/key", "unique", text))
        seen.add(one.key)


def _told(pointer: str, error: ValidationError) -> Finding:
    """Return what breaks a rule of the schema as a finding: where, which rule, what to do."""
    place = "/".join(str(part) for part in error.absolute_path)
    rule = str(error.validator)
    text = f"{error.message}. {FIXES.get(rule, 'Correct it.')}"
    return Finding(f"{pointer}/{place}" if place else pointer, rule, text)
