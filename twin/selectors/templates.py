"""Find template versions, and what they define."""

import re
from functools import lru_cache
from uuid import UUID

from django.db.models import F

from twin.definitions.format import Definition, parse_definition
from twin.models import Site, TemplateVersion

_REFERENCE = re.compile(r"([a-z][a-z0-9-]{0,49})@([1-9][0-9]{0,6})")


def find_version(reference: str, *, organisation: UUID | None) -> TemplateVersion | None:
    """Return the version that ``key@n`` names for an organisation; its own hides a shipped one.

    One query.
    """
    parts = _REFERENCE.fullmatch(reference)
    if parts is None:
        return None
    versions = TemplateVersion.objects.filter(template__key=parts[1], number=int(parts[2]))
    shipped = versions.filter(organisation__isnull=True)
    found = shipped | versions.filter(organisation=organisation) if organisation else shipped
    nearest = found.order_by(F("organisation").asc(nulls_last=True))
    return nearest.select_related("template").first()


def definition_of(version: TemplateVersion) -> Definition:
    """Return what a version defines; that of a published one is parsed once per process."""
    if version.published_at is None:
        return parse_definition(version.definition)
    return _published_definition(version.pk)


@lru_cache(maxsize=64)
def _published_definition(pk: UUID) -> Definition:
    return parse_definition(TemplateVersion.objects.get(pk=pk).definition)


def site_definition(site: Site) -> Definition | None:
    """Return what a site is an instance of, None for a free-form one.

    At most two queries, none once the version is known to this process.
    """
    if site.template_version_id is None:
        return None
    return _published_definition(site.template_version_id)
