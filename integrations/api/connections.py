"""``smartme/connections/``: accounts at the smart-me cloud, their meters and syncs."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import OrganisationRole
from accounts.models import User
from config.lib.errors import InvalidInput, RoleMissing
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from devices.models import Fleet
from integrations.api.connection_filters import ConnectionFilter, MeterFilter, RunFilter
from integrations.api.connection_serializers import (
    AuthorizationOut,
    AuthorizeIn,
    ConnectionChangeIn,
    ConnectionIn,
    ConnectionOut,
    MeterOut,
    RunOut,
)
from integrations.api.health_serializers import HealthOut
from integrations.models import Connection, ConnectionAuthorization, MeterLink, SyncRun
from integrations.smartme.authorizing import begin
from integrations.smartme.connections import (
    change_connection,
    create_connection,
    delete_connection,
    request_sync,
)
from integrations.smartme.health import health_of, meters_of
from twin.models import Site


class ConnectionViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Accounts at the smart-me cloud whose meters are read on a schedule."""

    queryset = Connection.objects.none()
    serializer_class = ConnectionOut
    filterset_class = ConnectionFilter
    search_fields = ("name",)
    required_scopes: ClassVar = {
        "list": "connections:read",
        "retrieve": "connections:read",
        "create": "connections:write",
        "partial_update": "connections:write",
        "destroy": "connections:write",
        "sync": "connections:write",
        "authorize": "connections:write",
        "authorization": "connections:read",
        "health": "connections:read",
    }

    def get_queryset(self) -> QuerySet[Connection]:
        """Return the visible connections."""
        return Connection.objects.visible_to(self.principal)

    @extend_schema(request=ConnectionIn, responses={201: ConnectionOut})
    def create(self, request: Request) -> Response:
        """Connect an account: answered at once, the first sync follows by itself."""
        given = self.read(ConnectionIn)
        connection = create_connection(
            fleet=self._fleet(given.pop("fleet")),
            site=self._site(given.pop("site", None)),
            auth_method=given.pop("auth_method"),
            fields=given,
        )
        return self.answer(connection, HTTPStatus.CREATED)

    @extend_schema(request=ConnectionChangeIn, responses=ConnectionOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change settings, replace the secret, pause or resume."""
        connection = self.get_object()
        changes = self.read_changes(ConnectionChangeIn)
        site = self._site(changes.get("site"))
        return self.answer(change_connection(connection=connection, changes=changes, site=site))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Forget the account and its secret; its devices and their readings stay."""
        delete_connection(connection=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=None, responses={202: ConnectionOut})
    @action(detail=True, methods=["post"])
    def sync(self, request: Request, id: str) -> Response:
        """Sync now, also while the connection waits after a failure or is being synced."""
        connection = self.get_object()
        request_sync(connection=connection)
        return self.answer(connection, HTTPStatus.ACCEPTED)

    @extend_schema(responses=HealthOut)
    @action(detail=True)
    def health(self, request: Request, id: str) -> Response:
        """Say how the account is doing, how whole its data are, what is wrong and what to do."""
        return Response(HealthOut(health_of(self.get_object())).data)

    @extend_schema(request=AuthorizeIn, responses={201: AuthorizationOut})
    @action(detail=True, methods=["post"])
    def authorize(self, request: Request, id: str) -> Response:
        """Begin to let Atrium in by OAuth 2.0: in a browser, or by a code for another machine."""
        connection = self.get_object()
        grant = self.read(AuthorizeIn)["grant"]
        user = User.objects.filter(pk=self.principal.user_id).first()
        attempt = begin(connection=connection, user=user, grant=grant)
        return Response(AuthorizationOut(attempt).data, status=HTTPStatus.CREATED)

    @extend_schema(responses=AuthorizationOut)
    @authorize.mapping.get
    def authorization(self, request: Request, id: str) -> Response:
        """Show how the latest attempt to let Atrium in is going."""
        attempts = ConnectionAuthorization.objects.filter(connection=self.get_object())
        latest = get_object_or_404(attempts.order_by("-pk")[:1])
        return Response(AuthorizationOut(latest).data)

    def _fleet(self, fleet_id: UUID) -> Fleet:
        fleet = self._named(Fleet, fleet_id, field="fleet")
        if not Fleet.objects.changeable_by(self.principal).filter(pk=fleet.pk).exists():
            raise RoleMissing(role=OrganisationRole.OPERATOR.value)
        return fleet

    def _site(self, site_id: UUID | None) -> Site | None:
        return None if site_id is None else self._named(Site, site_id, field="site")

    def _named(self, noun: Any, key: UUID, *, field: str) -> Any:
        found = noun.objects.visible_to(self.principal).filter(pk=key).first()
        if found is None:
            detail = f"There is no {field} {key}, for you."
            raise InvalidInput([(f"#/{field}", f"unknown-{field}", detail)])
        return found


class PartViewSet(ApiViewSet):
    """Something of one connection, which must be visible."""

    required_scopes: ClassVar = {"list": "connections:read"}

    def connection(self) -> Connection:
        """Return the connection of the path, or answer 404."""
        visible = Connection.objects.visible_to(self.principal)
        connection: Connection = get_object_or_404(visible, pk=self.kwargs["id"])
        return connection

    def list(self, request: Request, id: str) -> Response:
        """List them in keyset pages."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = {**self.get_serializer_context(), **self.context_of(page)}
        kind = self.get_serializer_class()
        return self.get_paginated_response(kind(page, many=True, context=context).data)

    def context_of(self, page: Sequence[Any]) -> dict[str, Any]:
        """Return what is known of a whole page at once."""
        return {}


class MeterViewSet(PartViewSet):
    """The meters and gateways that a connection has found."""

    queryset = MeterLink.objects.none()
    serializer_class = MeterOut
    filterset_class = MeterFilter
    search_fields = ("reported_name", "serial")

    def get_queryset(self) -> QuerySet[MeterLink]:
        """Return the meters of the connection, in the order they were found."""
        links = MeterLink.objects.filter(connection=self.connection())
        return links.select_related("connection", "heard")

    def context_of(self, page: Sequence[Any]) -> dict[str, Any]:
        """Return how the meters of a page are doing, in three queries."""
        return {"healths": {one.link.pk: one for one in meters_of(page, now=timezone.now())}}


class RunViewSet(PartViewSet):
    """The log of a connection's syncs, newest first."""

    queryset = SyncRun.objects.none()
    serializer_class = RunOut
    filterset_class = RunFilter
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[SyncRun]:
        """Return the runs of the connection."""
        return SyncRun.objects.filter(connection=self.connection())
