"""Join nodes by relationships, as the site's template allows."""

from collections.abc import Mapping
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.principals import Principal
from twin.definitions.format import Definition, RelationshipDefinition
from twin.errors import RelationshipExists, invalid_field
from twin.models import Node, Relationship, Site
from twin.selectors.descriptions import describe
from twin.selectors.templates import site_definition
from twin.signals import relationship_created, relationship_deleted


@transaction.atomic
def create_relationship(
    *, principal: Principal, kind: str, source: UUID, target: UUID
) -> Relationship:
    """Join two nodes that the caller sees, of one site or of one organisation.

    Raises: InvalidInput, if an end is unknown, both are the same, or the site's template does not
    let this type join them; RelationshipExists.
    """
    found = Node.objects.visible_to(principal).select_related("site").in_bulk([source, target])
    ends = _ends(found, source=source, target=target)
    site = _common_site(*ends)
    definition = site_definition(site) if site else None
    if definition is not None:
        _check_kind(definition, kind, *ends)
    relationship = Relationship(
        kind=kind,
        source=ends[0],
        target=ends[1],
        site=site,
        organisation_id=ends[0].organisation_id,
    )
    try:
        with transaction.atomic():
            relationship.save(force_insert=True)
    except IntegrityError as error:
        raise RelationshipExists(kind=kind) from error
    relationship_created.send(sender=Relationship, relationship=relationship)
    return relationship


@transaction.atomic
def delete_relationship(relationship: Relationship) -> None:
    """Part two nodes."""
    key = relationship.pk
    relationship.delete()
    relationship.pk = key
    relationship_deleted.send(sender=Relationship, relationship=relationship)


def _ends(found: Mapping[UUID, Node], *, source: UUID, target: UUID) -> tuple[Node, Node]:
    """Return both ends.

    Raises: InvalidInput, pointing at the one that is unknown or wrong.
    """
    for name, key in (("source", source), ("target", target)):
        if key not in found:
            raise invalid_field(
                name, "unknown-node", "There is no such node, or you cannot see it."
            )
    if source == target:
        raise invalid_field("target", "same-node", "A relationship joins two different nodes.")
    return found[source], found[target]


def _common_site(source: Node, target: Node) -> Site | None:
    """Return the site of both; None if they are of one organisation but not of one site."""
    if source.site_id and source.site_id == target.site_id:
        return source.site
    is_one_tenant = source.organisation_id and source.organisation_id == target.organisation_id
    if not is_one_tenant:
        detail = "Both ends must belong to one site or to one organisation."
        raise invalid_field("target", "other-tenant", detail)
    return None


def _check_kind(definition: Definition, kind: str, source: Node, target: Node) -> None:
    """Refuse a type that the template lacks, or that does not join these two."""
    relationship = definition.relationships.get(kind)
    if relationship is None:
        known = ", ".join(definition.relationships) or "none"
        detail = f"The site's template has no relationship {kind!r}. It has: {known}."
        raise invalid_field("kind", "unknown-kind", detail)
    labels = describe([source, target])
    _check_end(relationship, source, "source", allowed=relationship.source, labels=labels)
    _check_end(relationship, target, "target", allowed=relationship.target, labels=labels)


def _check_end(
    relationship: RelationshipDefinition,
    node: Node,
    name: str,
    *,
    allowed: Mapping[str, frozenset[str]],
    labels: Mapping[UUID, str],
) -> None:
    names = allowed.get(f"{node.kind}s")
    label = labels.get(node.pk)
    if names is not None and (not names or label is None or label in names):
        return
    what = f"{node.kind} ({label})" if label else node.kind
    detail = f"A {what} cannot be the {name} of {relationship.key!r}."
    raise invalid_field(name, "not-joinable", detail)
