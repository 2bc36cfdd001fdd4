"""Import device types of an organisation's own: said first, then done, all of them or none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Organisation
from config.lib.errors import Finding, InvalidInput
from devices.errors import PointsInUse
from devices.models import DeviceType
from devices.services.device_types import (
    PLAIN,
    change_device_type,
    create_device_type,
    refuse_turned_points,
)
from devices.services.type_documents import differences, document_of, type_document
from devices.services.type_words import Given, read_types

CREATED, CHANGED, UNCHANGED, REFUSED = "created", "changed", "unchanged", "refused"


@dataclass
class Outcome:
    """What becomes, or became, of one type; ``version`` is the one it then has."""

    pointer: str
    key: str
    status: str
    version: int | None = None
    id: UUID | None = None
    changes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@transaction.atomic
def import_types(*, organisation_id: UUID, document: object, dry_run: bool) -> list[Outcome]:
    """Make and change the types of a document; a dry run only says what would become of each.

    Two imports into one organisation wait for each other.
    Raises: InvalidInput, if the document cannot be read, or with every finding unless it is a dry
    run: then nothing is written.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)
    given = read_types(document)
    own = DeviceType.objects.filter(organisation=organisation_id)
    rows = own.filter(key__in=[one.key for one in given]).prefetch_related("points", "actions")
    known = {kind.key: kind for kind in rows}
    outcomes = [_judged(one, known.get(one.key)) for one in given]
    if dry_run:
        return outcomes
    refused = [finding for outcome in outcomes for finding in outcome.findings]
    if refused:
        raise InvalidInput(refused)
    for one, outcome in zip(given, outcomes, strict=True):
        _write(one, outcome, kind=known.get(one.key), organisation_id=organisation_id)
    return outcomes


def _judged(given: Given, kind: DeviceType | None) -> Outcome:
    """Return what would become of a type."""
    outcome = Outcome(given.pointer, given.key, REFUSED, findings=given.findings)
    if kind is not None:
        outcome.id, outcome.version = kind.pk, kind.version
    if given.findings:
        return outcome
    if kind is None:
        outcome.status, outcome.version = CREATED, 1
        return outcome
    wanted = type_document(
        given.entry, points=given.entry["points"], actions=given.entry["actions"]
    )
    outcome.changes = differences(document_of(kind), wanted)
    outcome.status = CHANGED if outcome.changes else UNCHANGED
    outcome.findings += _against(kind, given, is_changed=bool(outcome.changes))
    if outcome.findings:
        outcome.status = REFUSED
    elif outcome.changes:
        outcome.version = kind.version + 1
    return outcome


def _against(kind: DeviceType, given: Given, *, is_changed: bool) -> Sequence[Finding]:
    """Return why the type that is there cannot become the given one."""
    known = given.entry.get("version")
    if is_changed and known is not None and known != kind.version:
        text = f"The type has version {kind.version} by now. Export it again, or leave version out."
        return [Finding(f"{given.pointer}/version", "version-outdated", text)]
    try:
        refuse_turned_points(kind, given.entry["points"])
    except PointsInUse as error:
        return [Finding(f"{given.pointer}/points", error.slug, str(error))]
    return []


def _write(
    given: Given, outcome: Outcome, *, kind: DeviceType | None, organisation_id: UUID
) -> None:
    names = ("key", *PLAIN, "points", "actions")
    fields: dict[str, Any] = {name: given.entry[name] for name in names}
    if kind is None:
        outcome.id = create_device_type(organisation_id=organisation_id, fields=fields).pk
    elif outcome.status == CHANGED:
        change_device_type(device_type=kind, changes=fields)
