"""What a consent covers: chosen nodes, kept as rows, beside its terms in accounts."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import Consent
from accounts.services.consents import revoke_consent
from accounts.signals import consent_narrowed
from twin.errors import invalid_field
from twin.models import ConsentNode, Node, Occupancy, Space
from twin.models.gates import NodeQuerySet, standing_within
from twin.rights import AreaSet
from twin.services.grants import GRANTABLE


@transaction.atomic
def limit_consent(*, consent: Consent, nodes: Collection[UUID]) -> None:
    """Let the consent cover these nodes alone, with all that stands below them; effective at once.

    That its user has a right to them is not asked: a consent opens nothing that its user's own
    rights do not. Raises: InvalidInput, pointing at each node that is none to choose.
    """
    consent = Consent.objects.select_for_update(of=("self",)).get(pk=consent.pk)
    known = Node.objects.filter(pk__in=nodes, kind__in=GRANTABLE)
    if set(nodes) - set(known.values_list("pk", flat=True)):
        raise invalid_field("nodes", "unknown-node", "Choose sites, spaces, gateways or devices.")
    ConsentNode.objects.filter(consent=consent).exclude(node__in=nodes).delete()
    ConsentNode.objects.bulk_create(
        [ConsentNode(consent=consent, node_id=node) for node in set(nodes)], ignore_conflicts=True
    )
    if not consent.is_limited:
        consent.is_limited = True
        consent.save(update_fields=["is_limited", "updated_at"])


@transaction.atomic
def cover_all(*, consent: Consent) -> None:
    """Let the consent cover all that its user has a right to; effective at once."""
    consent = Consent.objects.select_for_update(of=("self",)).get(pk=consent.pk)
    ConsentNode.objects.filter(consent=consent).delete()
    if consent.is_limited:
        consent.is_limited = False
        consent.save(update_fields=["is_limited", "updated_at"])


@transaction.atomic
def end_consents_for(occupancy: Occupancy) -> None:
    """End what the occupant's applications may see of the flat; a consent to nothing else is
    withdrawn, and its tokens die.
    """
    path = str(occupancy.space.path)
    areas = AreaSet(partial_sites=(occupancy.site_id,), paths=(path,))
    inside = Node.objects.filter(standing_within(areas, *NodeQuerySet.place_fields))
    rows = ConsentNode.objects.filter(
        consent__user=occupancy.user_id, consent__revoked_at=None, node__in=inside
    )
    living = Consent.objects.select_related("application")
    touched = list(living.filter(pk__in=rows.values("consent")))
    rows.delete()
    for consent in touched:
        if ConsentNode.objects.filter(consent=consent).exists():
            consent_narrowed.send(sender=Consent, consent=consent, fields=["nodes"])
        else:
            revoke_consent(consent=consent)


@transaction.atomic
def narrow_consents_to_contents(spaces: Sequence[UUID]) -> None:
    """Let consents to these spaces, each inside the one before it, cover what stands in them now,
    before more comes in from elsewhere.

    Whoever brings it in is told nothing: which applications somebody has is their own affair.
    """
    rows = ConsentNode.objects.filter(node__in=spaces, consent__revoked_at=None)
    found = list(rows.select_related("consent__application"))
    if not found:
        return
    inside = [_contents_of(space, leave_out=spaces) for space in spaces]
    kept = {
        (row.consent_id, node)
        for row in found
        for contents in inside[spaces.index(row.node_id) :]
        for node in contents
    }
    ConsentNode.objects.bulk_create(
        [ConsentNode(consent_id=consent, node_id=node) for consent, node in kept],
        ignore_conflicts=True,
    )
    rows.filter(pk__in=[row.pk for row in found]).delete()
    for consent in {row.consent for row in found}:
        consent_narrowed.send(sender=Consent, consent=consent, fields=["nodes"])


def _contents_of(space: UUID, *, leave_out: Collection[UUID]) -> list[UUID]:
    """Return the spaces and things that stand directly in a space; two queries."""
    children = Space.objects.filter(parent=space).exclude(pk__in=leave_out)
    standing = Q()
    for field in NodeQuerySet.place_fields:
        standing |= Q(**{field: space})
    things = Node.objects.filter(standing, kind__in=GRANTABLE).exclude(pk=space)
    return [*children.values_list("pk", flat=True), *things.values_list("pk", flat=True)]
