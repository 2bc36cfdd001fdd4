"""Make, change and delete sites."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.db import transaction

from accounts.choices import OrganisationRole
from accounts.errors import ConsentLimited, OrganisationRequired
from accounts.models import B2CUser, Organisation, User
from accounts.principals import Principal
from accounts.tenancy import acting_organisation
from twin.choices import SiteRole
from twin.errors import invalid_field
from twin.models import Site, SiteMember
from twin.services.building import build
from twin.services.declarations import declare, remember, usable_version
from twin.services.nodes import delete_nodes, make_site_node
from twin.signals import site_created, site_deleted, site_deleting, site_updated

EDITABLE = frozenset({"name", "time_zone", "address", "latitude", "longitude"})


def create_site(
    *, principal: Principal, organisation: UUID | None = None, **fields: Any
) -> tuple[Site, dict[str, int]]:
    """Make a site for a caller: in an organisation it belongs to it, by an end user it is a home.

    Raises: OrganisationRequired, RoleMissing, and as `build_site`, whose fields it takes.
    """
    tenant = _tenant(principal, organisation)
    owner = principal.user_id if tenant is None else None
    return build_site(organisation=tenant, owner=owner, **fields)


@transaction.atomic
def build_site(
    *,
    organisation: UUID | None,
    name: str,
    owner: UUID | None = None,
    template: str = "",
    parameters: Mapping[str, Any] | None = None,
    exceptions: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
    time_zone: str = "",
    **details: Any,
) -> tuple[Site, dict[str, int]]:
    """Make a site and, from a template or an explicit spec, the whole building in it.

    Args: an organisation, or the person whose home it is; ``key@number``, the values of its
    parameters and the exceptions by stable key; or every space; details are fields of Site.
    Returns: the site, how many spaces and views it has.
    Raises: InvalidInput (``#/template``, ``#/parameters/…``, ``#/exceptions/…``, ``#/spec/…``,
    ``#/timezone``).
    """
    version = None
    if template:
        version = usable_version(template, organisation=organisation, field="template")
    declared = declare(
        name=name, version=version, parameters=parameters, exceptions=exceptions, spec=spec
    )
    site = _insert_site(
        organisation_id=organisation,
        name=name,
        template_version=version,
        parameters=dict(declared.parameters),
        time_zone=_checked_time_zone(time_zone or _default_time_zone(organisation, owner)),
        **details,
    )
    if owner is not None:
        _make_owner(site, user=owner)
    counts = {"spaces": 0, "views": 0}
    if version or spec is not None:
        counts = build(site, definition=declared.definition, spaces=declared.spaces)
        remember(site, declared)
    site_created.send(sender=Site, site=site, counts=counts)
    return site, counts


@transaction.atomic
def change_site(site: Site, **changes: Any) -> Site:
    """Change what a site is called and where it is; `EDITABLE` names the fields.

    Raises: InvalidInput, for an unknown time zone.
    """
    site = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    changed = sorted(key for key in EDITABLE & changes.keys() if getattr(site, key) != changes[key])
    if not changed:
        return site
    for key in changed:
        setattr(site, key, changes[key])
    _checked_time_zone(site.time_zone)
    site.clean_fields(exclude=["node", "organisation", "template_version"])
    site.save(update_fields=[*changed, "updated_at"])
    site_updated.send(sender=Site, site=site, changes=changed)
    return site


@transaction.atomic
def delete_site(site: Site) -> None:
    """Delete a site and all that twin keeps of it.

    Raises: whatever a receiver of `site_deleting` objects with, such as SiteOccupied.
    """
    site = Site.objects.select_for_update().get(pk=site.pk)
    site_deleting.send(sender=Site, site=site)
    delete_nodes([site.pk])
    site_deleted.send(sender=Site, site=site)


def _tenant(principal: Principal, organisation: UUID | None) -> UUID | None:
    """Return the organisation to build in; None for the home of an end user."""
    if principal.is_limited:
        raise ConsentLimited()
    if organisation is None and not principal.organisation_roles:
        if principal.user_id is None:
            raise OrganisationRequired()
        return None
    return acting_organisation(principal, organisation, at_least=OrganisationRole.OPERATOR)


def _default_time_zone(organisation: UUID | None, owner: UUID | None) -> str:
    """Return the time zone of the organisation, or of the person whose home it is."""
    if organisation is not None:
        return Organisation.objects.values_list("time_zone", flat=True).get(pk=organisation)
    persons = User.objects.filter(pk__in=[owner] if owner else [])
    return persons.values_list("time_zone", flat=True).first() or "UTC"


def _checked_time_zone(name: str) -> str:
    if name not in available_timezones():
        detail = f"{name!r} is no IANA time zone. Use a name such as Europe/Paris."
        raise invalid_field("timezone", "unknown-timezone", detail)
    return name


def _insert_site(**fields: Any) -> Site:
    node = make_site_node(organisation=fields["organisation_id"])
    site = Site(node=node, **fields)
    site.clean_fields(exclude=["node"])
    site.save(force_insert=True)
    return site


def _make_owner(site: Site, *, user: UUID) -> None:
    """Make the person the owner of their home, and an end user if they were none yet."""
    B2CUser.objects.get_or_create(user_id=user)
    SiteMember.objects.create(site=site, user_id=user, role=SiteRole.OWNER)
