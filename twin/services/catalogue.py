"""Load the templates that ship with Atrium."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from twin.choices import VersionStatus
from twin.models import TemplateVersion, TopologyTemplate
from twin.services.templates import add_version, checked_document, create_template

CATALOGUE = Path(__file__).parents[1] / "catalogue"
LOCK = 7_311_001


class ShippedVersionChanged(Exception):
    """A shipped file differs from the version of that number that was loaded before."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one file: its version, and whether it is new."""

    reference: str
    is_new: bool


@transaction.atomic
def load_shipped_templates(paths: Iterable[Path] | None = None) -> list[Loaded]:
    """Load every shipped definition whose version is not there yet, all or none.

    Safe to run twice, and by two processes at once.
    Raises: InvalidInput; ShippedVersionChanged, if a published version's file has changed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    files = sorted(CATALOGUE.glob("*.yaml")) if paths is None else paths
    texts = [path.read_text(encoding="utf-8") for path in files]
    found = [(checked_document(text), text) for text in texts]
    found.sort(key=lambda one: (one[0]["key"], one[0]["version"]))
    return [_load(document, source=text) for document, text in found]


def _load(document: dict[str, Any], *, source: str) -> Loaded:
    """Load one definition, unless it is there."""
    key, number = document["key"], document["version"]
    template = TopologyTemplate.objects.filter(key=key, organisation__isnull=True).first()
    version = TemplateVersion.objects.filter(template=template, number=number).first()
    if version is not None:
        if version.definition != document:
            detail = f"{key}@{number} was published: give the changed file the next number."
            raise ShippedVersionChanged(detail)
        return Loaded(f"{key}@{number}", is_new=False)
    status = VersionStatus.PUBLISHED
    if template is None:
        create_template(organisation=None, definition=source, status=status)
    else:
        add_version(template=template, definition=source, status=status)
    return Loaded(f"{key}@{number}", is_new=True)
