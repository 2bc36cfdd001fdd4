"""``sites/{id}/members/``, ``sites/{id}/transfer/`` and ``sites/{id}/policy/``."""

from http import HTTPStatus
from typing import ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import OrganisationRole
from accounts.services.invitations import resend_invitation
from accounts.tenancy import refuse_cut
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from twin.api import access_serializers as bodies
from twin.models import Site, SiteMember
from twin.services.members import (
    add_site_member,
    change_site_member,
    check_may_transfer,
    remove_site_member,
    transfer_home,
)
from twin.services.people import person
from twin.services.policies import change_policy


class SiteMemberViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """The members of a site."""

    queryset = SiteMember.objects.none()
    serializer_class = bodies.SiteMemberOut
    lookup_url_kwarg = "member"
    required_scopes: ClassVar = {
        "list": "members:read",
        "retrieve": "members:read",
        "create": "members:write",
        "partial_update": "members:write",
        "destroy": "members:write",
        "invitation": "members:write",
    }
    # Everybody may leave by themselves; to remove somebody else takes more.
    required_roles: ClassVar = {
        "create": OrganisationRole.ADMIN,
        "partial_update": OrganisationRole.ADMIN,
        "destroy": OrganisationRole.VIEWER,
        "invitation": OrganisationRole.ADMIN,
    }

    def site(self) -> Site:
        """Return the site of the path, if it is visible."""
        visible = Site.objects.visible_to(self.principal)
        return get_object_or_404(visible, pk=self.kwargs["id"])

    def get_queryset(self) -> QuerySet[SiteMember]:
        """Return the site's members whom the caller may see."""
        members = SiteMember.objects.visible_to(self.principal).select_related("user", "site")
        return members.filter(site=self.site())

    @extend_schema(request=bodies.SiteMemberIn, responses={201: bodies.SiteMemberOut})
    def create(self, request: Request, id: str) -> Response:
        """Make somebody a member, perhaps for a time; an unknown address is invited."""
        site = self.site()
        self.check_object_permissions(request, site)
        refuse_cut(self.principal)
        given = self.read(bodies.SiteMemberIn)
        user = person(user=given.pop("user", None), email=given.pop("email", ""))
        return self.answer(add_site_member(site=site, user=user, **given), HTTPStatus.CREATED)

    @extend_schema(request=bodies.SiteMemberChangeIn, responses=bodies.SiteMemberOut)
    def partial_update(self, request: Request, id: str, member: str) -> Response:
        """Change the role or the time of a membership; a home keeps a lasting owner."""
        member_of_site = self.get_object()
        refuse_cut(self.principal)
        changes = self.read_changes(bodies.SiteMemberChangeIn)
        return self.answer(change_site_member(member_of_site, **changes))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str, member: str) -> Response:
        """End a membership at once; the last owner of a home cannot leave."""
        remove_site_member(self.get_object(), principal=self.principal)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=None, responses={202: None})
    @action(detail=True, methods=["post"])
    def invitation(self, request: Request, id: str, member: str) -> Response:
        """Send the invitation again, with a new link; of one that was accepted nothing is sent."""
        resend_invitation(object_id=self.get_object().pk)
        return Response(status=HTTPStatus.ACCEPTED)


class SiteKeepingViewSet(ApiViewSet):
    """What the keepers of one site decide about access to it."""

    queryset = Site.objects.none()
    serializer_class = bodies.PolicyOut
    required_scopes: ClassVar = {
        "retrieve": "members:read",
        "partial_update": "members:write",
        "transfer": "members:write",
    }
    required_roles: ClassVar = {
        "partial_update": OrganisationRole.ADMIN,
        "transfer": OrganisationRole.ADMIN,
    }

    def get_queryset(self) -> QuerySet[Site]:
        """Return the visible sites."""
        return Site.objects.visible_to(self.principal)

    @extend_schema(responses=bodies.PolicyOut)
    def retrieve(self, request: Request, id: str) -> Response:
        """Return what the keepers read of a flat for the time somebody lives there."""
        return self.answer(self.get_object())

    @extend_schema(request=bodies.PolicyIn, responses=bodies.PolicyOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Set what the keepers read of a flat for the time somebody lives there."""
        site = self.get_object()
        refuse_cut(self.principal)
        return self.answer(change_policy(site, **self.read_changes(bodies.PolicyIn)))

    @extend_schema(request=bodies.PersonIn, responses={201: bodies.SiteMemberOut})
    def transfer(self, request: Request, id: str) -> Response:
        """Hand a home over to another person; the owners so far leave it.

        Of an organisation's building its owner says by this who is named as the owner among the
        members; the building, its devices and data stay the organisation's.
        """
        site = self.get_object()
        check_may_transfer(site, self.principal)
        given = self.read(bodies.PersonIn)
        member = transfer_home(site=site, user=person(**given))
        return Response(bodies.SiteMemberOut(member).data, status=HTTPStatus.CREATED)
