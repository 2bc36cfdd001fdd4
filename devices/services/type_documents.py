"""A device type as one document, in the format of the catalogue's files: written and compared."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from devices.models import DeviceType
from devices.services.catalogue_files import ACTION_DEFAULTS, POINT_DEFAULTS

HEAD = (
    *("key", "name", "description", "manufacturer", "model", "category", "ontology"),
    "offline_after_s",
)
POINT_FIELDS = (
    *("name", "kind", "value_type", "unit", "nature", "obis", "ontology", "writable", "labels"),
    *("counter_width", "keeps_first"),
)
ACTION_FIELDS = (
    *("name", "parameters", "result", "timeout_s", "is_idempotent", "needs_approval", "interlocks"),
)
NO_PARTS: Mapping[str, Mapping[str, Any]] = {}


def type_document(
    head: Mapping[str, Any],
    *,
    points: Iterable[Mapping[str, Any]],
    actions: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the document: parts by key, and only what differs from the defaults."""
    return {
        **{name: head[name] for name in HEAD if head.get(name) not in {"", None}},
        "points": _parts(points, POINT_FIELDS, POINT_DEFAULTS),
        "actions": _parts(actions, ACTION_FIELDS, ACTION_DEFAULTS),
    }


def document_of(kind: DeviceType) -> dict[str, Any]:
    """Return the document of a type as it is now; no query if its parts are loaded."""
    return type_document(
        {name: getattr(kind, name) for name in HEAD},
        points=[vars(point) for point in kind.points.all()],
        actions=[vars(action) for action in kind.actions.all()],
    )


def _parts(
    parts: Iterable[Mapping[str, Any]], names: tuple[str, ...], defaults: Mapping[str, Any]
) -> list[dict[str, Any]]:
    shown = (
        {
            name: part[name]
            for name in ("key", *names)
            if name in part and not (name in defaults and part[name] == defaults[name])
        }
        for part in parts
    )
    return sorted(shown, key=lambda part: str(part["key"]))


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what changes from one document to the next, a line for each change."""
    lines = [
        f"{name}: {_word(before.get(name))} → {_word(after.get(name))}"
        for name in HEAD
        if before.get(name) != after.get(name)
    ]
    return [
        *lines,
        *_parts_differ("points", before, after=after),
        *_parts_differ("actions", before, after=after),
    ]


def _parts_differ(
    member: str, before: Mapping[str, Any], *, after: Mapping[str, Any]
) -> Iterator[str]:
    old = {part["key"]: part for part in before.get(member, ())}
    new = {part["key"]: part for part in after.get(member, ())}
    noun = member.removesuffix("s")
    yield from (f"{noun} {key}: added" for key in new if key not in old)
    yield from (f"{noun} {key}: taken away" for key in old if key not in new)
    for key in old.keys() & new.keys():
        for name in {**old[key], **new[key]}:
            was, will = old[key].get(name), new[key].get(name)
            if was != will:
                yield f"{noun} {key}, {name}: {_word(was)} → {_word(will)}"


def _word(value: Any) -> str:
    return "—" if value is None else str(value)
