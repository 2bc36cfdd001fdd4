"""Device types of an organisation's own: made and changed by the API, checked as the shipped ones.

Source: docs/contract.md, "Catalogue".
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from jsonschema import Draft202012Validator

from config.lib.errors import InvalidInput
from config.lib.units import SYMBOLS
from devices.errors import DeviceTypeKeyTaken, PointsInUse
from devices.models import ActionType, Device, DeviceType, Point, PointType
from devices.services.activation import make_points
from devices.services.catalogue import PartModel
from devices.services.catalogue_files import POINT_DEFAULTS, catalogue_schema, schema_faults
from devices.services.type_documents import ACTION_FIELDS, POINT_FIELDS
from devices.services.type_versions import keep_versions

PLAIN = ("name", "description", "manufacturer", "model", "category", "ontology", "offline_after_s")
# What readings are understood by: it never changes under readings that there may be.
FIXED = ("kind", "value_type", "unit", "nature")
Parts = Sequence[Mapping[str, Any]]


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    """Return what checks points and actions: the catalogue's own rules, and every known unit."""
    schema = catalogue_schema()
    schema["$defs"]["unit"] = {"enum": list(SYMBOLS)}
    schema["properties"].pop("device_types")
    return Draft202012Validator(schema)


def check_parts(points: Parts | None, actions: Parts | None) -> None:
    """Refuse points and actions that break a rule.

    Raises: InvalidInput, with every finding.
    """
    given = {"points": points, "actions": actions}
    document = {name: list(parts) for name, parts in given.items() if parts is not None}
    findings = [
        (f"#/{'/'.join(map(str, error.absolute_path))}", str(error.validator), error.message)
        for error in (_validator().iter_errors(document) if document else ())
    ]
    for name, parts in document.items():
        findings += _twice(name, parts)
    if not findings:
        findings += [
            (pointer, "schema", text)
            for index, action in enumerate(document.get("actions", ()))
            for pointer, text in schema_faults(f"#/actions/{index}", action)
        ]
    if points is not None and not points:
        findings.append(("#/points", "min_length", "A device has at least one point."))
    if findings:
        raise InvalidInput(findings)


def _twice(name: str, parts: Parts) -> Iterator[tuple[str, str, str]]:
    seen: set[Any] = set()
    for index, part in enumerate(parts):
        key = part.get("key") if isinstance(part, Mapping) else None
        if isinstance(key, str) and key in seen:
            yield f"#/{name}/{index}/key", "unique", f"The key {key} is there twice."
        seen.add(key if isinstance(key, str) else None)


def create_device_type(*, organisation_id: UUID, fields: Mapping[str, Any]) -> DeviceType:
    """Make a kind of device for the organisation; its key goes before a shipped one's.

    Raises: InvalidInput; DeviceTypeKeyTaken.
    """
    points, actions = fields["points"], fields.get("actions", ())
    check_parts(points, actions)
    plain = {name: fields[name] for name in ("key", *PLAIN) if name in fields}
    try:
        with transaction.atomic():
            kind = DeviceType.objects.create(organisation_id=organisation_id, **plain)
            _write(kind, PointType, parts=points, names=POINT_FIELDS)
            _write(kind, ActionType, parts=actions, names=ACTION_FIELDS)
            keep_versions([kind])
    except IntegrityError as error:
        raise DeviceTypeKeyTaken(key=fields["key"]) from error
    return kind


@transaction.atomic
def change_device_type(*, device_type: DeviceType, changes: Mapping[str, Any]) -> DeviceType:
    """Change a kind of device: a version more beside those before. Lists replace the whole list.

    Points may always be added, and the devices there are get them. A point that devices have stays,
    and so does what its readings are understood by: kind, type of value, unit, nature, labels.
    Raises: InvalidInput; PointsInUse.
    """
    kind: DeviceType = DeviceType.objects.select_for_update().get(pk=device_type.pk)
    points, actions = changes.get("points"), changes.get("actions")
    check_parts(points, actions)
    keep_versions([kind])
    for name in PLAIN:
        setattr(kind, name, changes.get(name, getattr(kind, name)))
    kind.version += 1
    kind.save(update_fields=[*PLAIN, "version", "updated_at"])
    if points is not None:
        refuse_turned_points(kind, points)
        _write(kind, PointType, parts=points, names=POINT_FIELDS)
        make_points(Device.objects.filter(type=kind).only("pk").iterator(chunk_size=2_000))
    if actions is not None:
        _write(kind, ActionType, parts=actions, names=ACTION_FIELDS)
    keep_versions([kind])
    return kind


def refuse_turned_points(kind: DeviceType, points: Parts) -> None:
    """Refuse to take or turn points that devices have.

    Raises: PointsInUse, naming them.
    """
    wanted = {part["key"]: POINT_DEFAULTS | dict(part) for part in points}
    rows = PointType.objects.filter(device_type=kind, pk__in=Point.objects.values("type"))
    broken = [row.key for row in rows if not _goes_on(row, wanted.get(row.key))]
    if broken:
        raise PointsInUse(points=sorted(broken))


def _goes_on(point: PointType, wanted: Mapping[str, Any] | None) -> bool:
    """Say whether readings of the point mean under the wanted one what they meant before."""
    if wanted is None or any(getattr(point, name) != wanted[name] for name in FIXED):
        return False
    return point.labels.items() <= wanted["labels"].items()


def _write(kind: DeviceType, model: PartModel, *, parts: Parts, names: tuple[str, ...]) -> None:
    """Make the parts of the type be these: two statements."""
    model.objects.filter(device_type=kind).exclude(key__in=[part["key"] for part in parts]).delete()
    defaults = POINT_DEFAULTS if model is PointType else {}
    rows: list[Any] = [
        model(
            device_type=kind,
            key=part["key"],
            **{name: value for name, value in (defaults | dict(part)).items() if name in names},
        )
        for part in parts
    ]
    model.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["device_type", "key"],
        update_fields=list(names),
    )
