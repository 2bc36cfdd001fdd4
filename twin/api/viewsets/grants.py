"""``grants/``: access to a part of a building for a party from outside."""

from http import HTTPStatus
from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import OrganisationRole
from accounts.models import Organisation, User
from accounts.tenancy import refuse_cut
from config.lib.errors import RoleMissing
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from twin.api.access_serializers import GrantIn, GrantOut
from twin.api.filters import GrantFilter
from twin.api.lookups import named_in_body
from twin.errors import invalid_field
from twin.models import Grant, Node
from twin.services.grants import grant_access, party_organisation, revoke_grant
from twin.services.people import person

PARTY = ("user", "email", "organisation")


def _party(
    *, user: UUID | None = None, email: str = "", organisation: UUID | None = None
) -> User | Organisation:
    """Return the one party that a body names."""
    if organisation is None:
        return person(user=user, email=email)
    if user or email:
        raise invalid_field("organisation", "one-party", "Name one party: a person or this.")
    return party_organisation(organisation)


class GrantViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Grants on the nodes of a building, and those that one was given."""

    queryset = Grant.objects.none()
    serializer_class = GrantOut
    filterset_class = GrantFilter
    required_scopes: ClassVar = {
        "list": "members:read",
        "retrieve": "members:read",
        "create": "members:write",
        "destroy": "members:write",
    }
    # A party may give up what it was granted; to take it from others takes more.
    required_roles: ClassVar = {"destroy": OrganisationRole.VIEWER}

    def get_queryset(self) -> QuerySet[Grant]:
        """Return the visible grants."""
        return Grant.objects.visible_to(self.principal).select_related("node", "user")

    @extend_schema(request=GrantIn, responses={201: GrantOut})
    def create(self, request: Request) -> Response:
        """Grant a person or an organisation a part of the building, perhaps for a time."""
        given = self.read(GrantIn)
        node = self._manageable(given.pop("node"))
        refuse_cut(self.principal)
        named = {name: given.pop(name) for name in PARTY if name in given}
        party = _party(**named)
        grant = grant_access(node=node, party=party, granted_by=self.principal.user_id, **given)
        return self.answer(grant, HTTPStatus.CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Take a grant away, effective at once; a party may give up its own."""
        revoke_grant(self.get_object(), principal=self.principal)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _manageable(self, key: UUID) -> Node:
        """Return the node if the caller may give access to it."""
        node = named_in_body(Node.objects, key, field="node", principal=self.principal)
        role = OrganisationRole.ADMIN
        changeable = Node.objects.changeable_by(self.principal, at_least=role)
        if not changeable.filter(pk=node.pk).exists():
            raise RoleMissing(role=role.value)
        return node
