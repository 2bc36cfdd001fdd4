"""The shipped catalogue of device types: its YAML files read, validated and written out.

Each point is defined once and named by the types that have it, so a key has one unit everywhere.
Source: docs/contract.md, "Device type".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from devices.models.types import OFFLINE_AFTER_S

CATALOGUE = Path(__file__).resolve().parent.parent / "catalogue"
SCHEMA = CATALOGUE / "catalogue.schema.json"
POINT_DEFAULTS: dict[str, Any] = {
    "unit": "",
    "obis": "",
    "ontology": "",
    "writable": False,
    "labels": {},
    "counter_width": None,
    "keeps_first": False,
}
ACTION_DEFAULTS: dict[str, Any] = {
    "is_idempotent": False,
    "needs_approval": False,
    "interlocks": {},
}


class CatalogueInvalid(Exception):
    """The catalogue breaks its rules; ``findings`` name the file, the place and the rule."""

    def __init__(self, findings: list[str]) -> None:
        self.findings = findings
        super().__init__("\n".join(findings))


@dataclass
class Catalogue:
    """All files together: types by key, with their points and actions written out."""

    device_types: dict[str, dict[str, Any]] = field(default_factory=dict)
    points: dict[str, dict[str, Any]] = field(default_factory=dict)
    actions: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_catalogue(folder: Path = CATALOGUE) -> Catalogue:
    """Return the catalogue that the YAML files of a folder make up.

    Raises: CatalogueInvalid, with every finding: the file, a JSON pointer and the rule.
    """
    documents = {path.name: _parsed(path) for path in sorted(folder.glob("*.yaml"))}
    findings = [line for name, document in documents.items() for line in _broken(name, document)]
    _refuse(findings)
    catalogue = Catalogue()
    for name, document in documents.items():
        findings += _collect(catalogue, name=name, document=document)
    for entry in catalogue.device_types.values():
        findings += _dangling(entry, catalogue)
    _refuse(findings)
    for entry in catalogue.device_types.values():
        _write_out(entry, catalogue)
    return catalogue


def _parsed(path: Path) -> Any:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as fault:
        raise CatalogueInvalid([f"{path.name}: not valid YAML: {fault}"]) from fault
    # YAML has numbers as keys (the labels of an enum), JSON has not.
    return json.loads(json.dumps(document))


def _broken(name: str, document: Any) -> Iterator[str]:
    """Yield what breaks the JSON Schema of the catalogue, or of JSON Schema itself."""
    for error in Draft202012Validator(catalogue_schema()).iter_errors(document):
        yield f"{name}#/{'/'.join(map(str, error.absolute_path))}: {error.message}"
    actions = document.get("actions", []) if isinstance(document, dict) else []
    for index, action in enumerate(actions):
        for pointer, text in schema_faults(f"{name}#/actions/{index}", action):
            yield f"{pointer}: {text}"


def catalogue_schema() -> dict[str, Any]:
    """Return the JSON Schema of a file of the catalogue, the caller's to change."""
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


def schema_faults(pointer: str, action: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield where the parameters or the result of an action are no JSON Schema, and why."""
    for part in ("parameters", "result"):
        try:
            Draft202012Validator.check_schema(action.get(part, {}))
        except SchemaError as fault:
            yield f"{pointer}/{part}", f"not a JSON Schema: {fault.message}"


def _collect(catalogue: Catalogue, *, name: str, document: Mapping[str, Any]) -> Iterator[str]:
    """Add a file's entries to the catalogue; yield the keys that were there already."""
    for part in ("points", "actions", "device_types"):
        known: dict[str, dict[str, Any]] = getattr(catalogue, part)
        for index, entry in enumerate(document.get(part, [])):
            if entry["key"] in known:
                yield f"{name}#/{part}/{index}/key: {entry['key']} is defined twice"
            known[entry["key"]] = entry


def _dangling(entry: Mapping[str, Any], catalogue: Catalogue) -> Iterator[str]:
    """Yield the points and actions of a type that nobody defined, or that it names twice."""
    points = [_used(use)["key"] for use in entry["points"]]
    for key in points:
        if key not in catalogue.points:
            yield f"{entry['key']}: the point {key} is not defined"
    if len(points) != len(set(points)):
        yield f"{entry['key']}: a point is named twice"
    yield from _dangling_actions(entry, catalogue)


def _dangling_actions(entry: Mapping[str, Any], catalogue: Catalogue) -> Iterator[str]:
    actions = [_used(use)["key"] for use in entry.get("actions", [])]
    for key in actions:
        if key not in catalogue.actions:
            yield f"{entry['key']}: the action {key} is not defined"
    for use in entry.get("actions", []):
        for other in _used(use).get("interlocks", {}).get("excludes", []):
            if other not in actions:
                yield f"{entry['key']}: the action {other}, which another excludes, is not its own"
    if len(actions) != len(set(actions)):
        yield f"{entry['key']}: an action is named twice"


def _used(use: str | dict[str, Any]) -> dict[str, Any]:
    return {"key": use} if isinstance(use, str) else use


def _write_out(entry: dict[str, Any], catalogue: Catalogue) -> None:
    uses = [_used(use) for use in entry["points"]]
    entry["points"] = [POINT_DEFAULTS | catalogue.points[use["key"]] | use for use in uses]
    deeds = [_used(use) for use in entry.get("actions", [])]
    entry["actions"] = [ACTION_DEFAULTS | catalogue.actions[use["key"]] | use for use in deeds]
    entry.setdefault("name", _name(entry))
    entry.setdefault("description", "")
    entry.setdefault("offline_after_s", OFFLINE_AFTER_S)


def _name(entry: Mapping[str, Any]) -> str:
    maker = entry["manufacturer"]
    return str(entry["model"]) if maker == "generic" else f"{maker} {entry['model']}"


def _refuse(findings: list[str]) -> None:
    if findings:
        raise CatalogueInvalid(findings)
