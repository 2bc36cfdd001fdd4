"""Grants: access to a part of a building given and taken away."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.choices import OrganisationRole
from accounts.models import Organisation, User
from accounts.principals import Principal
from twin.choices import NodeKind
from twin.errors import invalid_field
from twin.models import Grant, Node
from twin.services.people import check_keeper
from twin.signals import grant_added, grant_removed

GRANTABLE = frozenset({NodeKind.SITE, NodeKind.SPACE, NodeKind.GATEWAY, NodeKind.DEVICE})


def party_organisation(key: UUID) -> Organisation:
    """Return the organisation that is to be a party.

    Raises: InvalidInput, if there is none of that id.
    """
    found = Organisation.objects.filter(pk=key).first()
    if found is None:
        raise invalid_field("organisation", "unknown-organisation", f"There is no {key}.")
    return found


@transaction.atomic
def grant_access(
    *,
    node: Node,
    party: User | Organisation,
    role: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    granted_by: UUID | None = None,
) -> Grant:
    """Let a party into a node and all that stands below it, perhaps for a time.

    Raises: InvalidInput, if nothing can be granted on a node of that kind.
    """
    if node.kind not in GRANTABLE:
        kinds = ", ".join(sorted(GRANTABLE))
        raise invalid_field("node", "kind", f"Grants are given on: {kinds}, not on a {node.kind}.")
    grant = Grant(
        node=node,
        site_id=node.site_id,
        organisation_id=node.organisation_id,
        user=party if isinstance(party, User) else None,
        party_organisation=party if isinstance(party, Organisation) else None,
        role=role,
        starts_at=starts_at,
        ends_at=ends_at,
        granted_by_id=granted_by,
    )
    grant.clean_fields()
    grant.save(force_insert=True)
    grant_added.send(sender=Grant, grant=grant)
    return grant


@transaction.atomic
def revoke_grant(grant: Grant, *, principal: Principal | None = None) -> None:
    """Take a grant away: the next request of its party is decided without it.

    Raises: RoleMissing, if the caller is neither its party nor an admin of the node.
    """
    if principal and not _is_party(grant, principal):
        check_keeper(grant, principal)
    grant_removed.send(sender=Grant, grant=grant)
    Grant.objects.filter(pk=grant.pk).delete()


def _is_party(grant: Grant, principal: Principal) -> bool:
    """Say whether the grant is to the caller, or to an organisation that they administer."""
    if grant.user_id is not None:
        return grant.user_id == principal.user_id
    return grant.party_organisation_id in principal.organisations(OrganisationRole.ADMIN)
