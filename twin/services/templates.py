"""Create, publish and deprecate topology templates."""

import json
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from twin.choices import VersionStatus
from twin.definitions.documents import UnreadableDocument, read_document
from twin.definitions.findings import Finding
from twin.definitions.validation import InvalidDefinition, checked_definition
from twin.errors import TemplateKeyTaken, TemplateStatusRefused, TemplateVersionFixed, invalid
from twin.models import TemplateVersion, TopologyTemplate

ORDER = list(VersionStatus)


@transaction.atomic
def create_template(
    *, organisation: UUID | None, definition: object, status: str = VersionStatus.DRAFT
) -> TemplateVersion:
    """Make a template and its first version from a document, or from its YAML or JSON text.

    Raises: InvalidInput, with every finding below ``#/definition``; TemplateKeyTaken.
    """
    document = checked_document(definition)
    key = document["key"]
    if TopologyTemplate.objects.filter(key=key, organisation__in=[organisation]).exists():
        raise TemplateKeyTaken(key=key)
    if TopologyTemplate.objects.filter(key=key, organisation__isnull=True).exists():
        raise TemplateKeyTaken(key=key)
    template = TopologyTemplate.objects.create(
        organisation_id=organisation, key=key, **_heading(document)
    )
    return _add(template, definition, number=document.get("version", 1), status=status)


@transaction.atomic
def add_version(
    *, template: TopologyTemplate, definition: object, status: str = VersionStatus.DRAFT
) -> TemplateVersion:
    """Add the next version to a template.

    Raises: InvalidInput, also if the document has another key or a number that is not the next.
    """
    template = TopologyTemplate.objects.select_for_update().get(pk=template.pk)
    document = checked_document(definition)
    newest = template.versions.aggregate(newest=Max("number"))["newest"] or 0
    number = document.get("version", newest + 1)
    _refuse_other_identity(document, key=template.key, number=newest + 1)
    TopologyTemplate.objects.filter(pk=template.pk).update(
        **_heading(document), updated_at=timezone.now()
    )
    return _add(template, definition, number=number, status=status)


@transaction.atomic
def change_version(
    *, version: TemplateVersion, definition: object = None, status: str | None = None
) -> TemplateVersion:
    """Replace the definition of a draft, or move a version on to its next status.

    Raises: TemplateVersionFixed, TemplateStatusRefused, InvalidInput.
    """
    version = TemplateVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if definition is not None:
        _redefine(version, definition)
    if status is not None and status != version.status:
        _move_on(version, VersionStatus(status))
    version.save(
        update_fields=[
            *("definition", "source", "status"),
            *("published_at", "deprecated_at", "updated_at"),
        ]
    )
    return version


def checked_document(definition: object) -> dict[str, Any]:
    """Return the definition as a document, all of its rules checked.

    Raises: InvalidInput, with every finding below ``#/definition``.
    """
    try:
        document: Any = read_document(definition) if isinstance(definition, str) else definition
        checked_definition(document)
    except UnreadableDocument as unreadable:
        raise invalid([unreadable.finding], below="definition") from unreadable
    except InvalidDefinition as broken:
        raise invalid(broken.findings, below="definition") from broken
    return dict(document)


def _heading(document: dict[str, Any]) -> dict[str, str]:
    """Return what a template shows of its newest definition."""
    return {
        "name": document["name"],
        "description": document.get("description", ""),
        "ontology": document.get("ontology", document["key"]),
    }


def _refuse_other_identity(document: dict[str, Any], *, key: str, number: int) -> None:
    """Refuse a document that says it is another template or another version."""
    findings = []
    if document["key"] != key:
        detail = f"This template is {key!r}: use its key, or make a template of its own."
        findings.append(Finding("#/key", "other-template", detail))
    if document.get("version", number) != number:
        detail = f"The next version is {number}: write that, or leave version out."
        findings.append(Finding("#/version", "not-the-next", detail))
    if findings:
        raise invalid(findings, below="definition")


def _add(
    template: TopologyTemplate, definition: object, *, number: int, status: str
) -> TemplateVersion:
    version = TemplateVersion(
        template=template,
        organisation_id=template.organisation_id,
        number=number,
        definition=checked_document(definition),
        source=_source(definition),
    )
    if status != VersionStatus.DRAFT:
        _move_on(version, VersionStatus(status))
    version.full_clean(validate_unique=False, validate_constraints=False)
    version.save()
    return version


def _redefine(version: TemplateVersion, definition: object) -> None:
    if version.status != VersionStatus.DRAFT:
        raise TemplateVersionFixed(version=version.reference, current=version.status)
    document = checked_document(definition)
    _refuse_other_identity(document, key=version.template.key, number=version.number)
    version.definition = document
    version.source = _source(definition)


def _source(definition: object) -> str:
    """Return the text of a definition as it was given, order and comments kept."""
    if isinstance(definition, str):
        return definition
    return json.dumps(definition, indent=2, ensure_ascii=False)


def _move_on(version: TemplateVersion, status: VersionStatus) -> None:
    """Set the status that follows the present one, and its time."""
    if ORDER.index(status) != ORDER.index(VersionStatus(version.status)) + 1:
        raise TemplateStatusRefused(
            version=version.reference, current=version.status, wanted=status.value
        )
    version.status = status
    if status == VersionStatus.PUBLISHED:
        version.published_at = timezone.now()
    else:
        version.deprecated_at = timezone.now()
