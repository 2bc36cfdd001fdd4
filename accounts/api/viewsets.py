"""The views of accounts: organisations, their members and applications, consents."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import inputs, outputs
from accounts.api.filters import ApplicationFilter, MemberFilter
from accounts.choices import ApplicationKind, OrganisationRole
from accounts.models import Application, B2BUser, Consent, Organisation
from accounts.places import name_places
from accounts.services.applications import (
    check_reach,
    create_application,
    delete_application,
    rotate_secret,
    update_application,
)
from accounts.services.consents import narrow_consent, revoke_consent
from accounts.services.invitations import resend_invitation
from accounts.services.organisations import (
    add_member,
    change_member,
    remove_member,
    update_organisation,
)
from accounts.tenancy import acting_organisation, refuse_cut
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin


class OrganisationViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """The organisations in which you act."""

    queryset = Organisation.objects.none()
    serializer_class = outputs.OrganisationOut
    search_fields = ("name",)
    required_scopes = {
        "list": "members:read",
        "retrieve": "members:read",
        "partial_update": "members:write",
    }
    required_roles = {"partial_update": OrganisationRole.ADMIN}

    def get_queryset(self) -> QuerySet[Organisation]:
        """Return what the caller may see."""
        return Organisation.objects.visible_to(self.principal)

    @extend_schema(request=inputs.OrganisationIn, responses=outputs.OrganisationOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change the name or the time zone."""
        organisation = self.get_object()
        changes = self.read_changes(inputs.OrganisationIn)
        return self.answer(update_organisation(organisation=organisation, **changes))


class MemberViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """The members of an organisation."""

    queryset = B2BUser.objects.none()
    serializer_class = outputs.OrganisationMemberOut
    filterset_class = MemberFilter
    search_fields = ("shown_name", "user__email")
    lookup_url_kwarg = "member"
    required_scopes = {
        "list": "members:read",
        "retrieve": "members:read",
        "create": "members:write",
        "partial_update": "members:write",
        "destroy": "members:write",
        "invitation": "members:write",
    }
    # Everybody may leave by themselves; the service asks for an admin to remove somebody else.
    required_roles = {
        "create": OrganisationRole.ADMIN,
        "partial_update": OrganisationRole.ADMIN,
        "destroy": OrganisationRole.VIEWER,
        "invitation": OrganisationRole.ADMIN,
    }

    def organisation(self) -> Organisation:
        """Return the organisation of the path, if it is visible."""
        visible = Organisation.objects.visible_to(self.principal)
        return get_object_or_404(visible, pk=self.kwargs["id"])

    def get_queryset(self) -> QuerySet[B2BUser]:
        """Return the members of an organisation that the caller may see."""
        members = B2BUser.objects.visible_to(self.principal).select_related("user", "organisation")
        return members.filter(organisation=self.organisation()).with_shown_names()

    @extend_schema(
        request=inputs.OrganisationMemberIn, responses={201: outputs.OrganisationMemberOut}
    )
    def create(self, request: Request, id: str) -> Response:
        """Let somebody act in the organisation; a new address gets a new account."""
        organisation = self.organisation()
        self.check_object_permissions(request, organisation)
        refuse_cut(self.principal)
        given = self.read(inputs.OrganisationMemberIn)
        membership = add_member(organisation=organisation, principal=self.principal, **given)
        return self.answer(self.get_queryset().get(pk=membership.pk), HTTPStatus.CREATED)

    @extend_schema(request=inputs.OrganisationMembershipIn, responses=outputs.OrganisationMemberOut)
    def partial_update(self, request: Request, id: str, member: str) -> Response:
        """Change the role or the time of a membership; at least one lasting owner remains."""
        membership = self.get_object()
        refuse_cut(self.principal)
        changes = self.read_changes(inputs.OrganisationMembershipIn)
        changed = change_member(membership=membership, principal=self.principal, **changes)
        return self.answer(self.get_queryset().get(pk=changed.pk))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str, member: str) -> Response:
        """End a membership at once; the last owner cannot leave."""
        remove_member(membership=self.get_object(), principal=self.principal)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=None, responses={202: None})
    def invitation(self, request: Request, id: str, member: str) -> Response:
        """Send the invitation again, with a new link; of one that was accepted nothing is sent."""
        resend_invitation(object_id=self.get_object().pk)
        return Response(status=HTTPStatus.ACCEPTED)


class ApplicationViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """The OAuth applications of your organisation."""

    queryset = Application.objects.none()
    serializer_class = outputs.ApplicationOut
    filterset_class = ApplicationFilter
    search_fields = ("name",)
    required_scopes = dict.fromkeys(
        ("list", "retrieve", "create", "partial_update", "destroy", "rotate_secret"),
        "applications:write",
    )
    required_roles = dict.fromkeys(
        ("partial_update", "destroy", "rotate_secret"), OrganisationRole.ADMIN
    )

    def get_queryset(self) -> QuerySet[Application]:
        """Return what the caller may see; credentials of a gateway are the gateway's own affair."""
        found = Application.objects.visible_to(self.principal).select_related("organisation")
        return found.exclude(kind=ApplicationKind.GATEWAY)

    @extend_schema(request=inputs.NewApplicationIn, responses={201: outputs.NewApplicationOut})
    def create(self, request: Request) -> Response:
        """Register an application; its secret is in this answer and never again."""
        given = self.read(inputs.NewApplicationIn)
        organisation = acting_organisation(
            self.principal, given.pop("organisation", None), at_least=OrganisationRole.ADMIN
        )
        check_reach(self.principal, given.get("scopes", ()))
        application, secret = create_application(
            organisation=Organisation.objects.get(pk=organisation), **given
        )
        return self.answer(application, HTTPStatus.CREATED, client_secret=secret or None)

    @extend_schema(request=inputs.ApplicationIn, responses=outputs.ApplicationOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change an application; narrowing its scopes works at once."""
        application = self.get_object()
        changes = self.read_changes(inputs.ApplicationIn)
        check_reach(self.principal, set(changes.get("scopes", ())) - set(application.scopes))
        return self.answer(update_application(application=application, **changes))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete an application with its consents and tokens."""
        delete_application(application=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=None, responses=outputs.SecretOut)
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, id: str) -> Response:
        """Give the application a new secret; the old one and its tokens end at once."""
        application = self.get_object()
        check_reach(self.principal, application.scopes)
        secret = rotate_secret(application=application)
        return Response({"client_id": application.client_id, "client_secret": secret})


class ConsentViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """What you let applications do."""

    queryset = Consent.objects.none()
    serializer_class = outputs.ConsentOut
    required_scopes = dict.fromkeys(
        ("list", "retrieve", "partial_update", "destroy"), "consents:write"
    )

    def get_queryset(self) -> QuerySet[Consent]:
        """Return the caller's own consents."""
        own = Consent.objects.visible_to(self.principal)
        return own.select_related("application__organisation")

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return a page of consents that know the names of their nodes."""
        page = super().paginate_queryset(queryset)
        name_places(page or (), self.principal)
        return page

    def answer(self, thing: Any, status: int = HTTPStatus.OK, **extra: Any) -> Response:
        """Answer with a consent that knows the names of its nodes."""
        name_places([thing], self.principal)
        return super().answer(thing, status, **extra)

    @extend_schema(request=inputs.ConsentIn, responses=outputs.ConsentOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Narrow a consent; its living tokens follow at once. It is widened by nobody here."""
        consent = self.get_object()
        changes = self.read_changes(inputs.ConsentIn)
        consent = narrow_consent(consent=consent, principal=self.principal, **changes)
        return self.answer(consent)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Withdraw a consent: every token that rests on it ends at once."""
        revoke_consent(consent=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)
