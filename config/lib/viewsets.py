"""The base of every REST view: the order of checks and the house rules in one place.

Checks run in the order 405, 401, 403 scope, 404 visibility, 403 role, 412, 400.
"""

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from rest_framework.exceptions import (
    AuthenticationFailed,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
)
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from config.lib import etags, idempotency, parameters, past, ratelimits, transient
from config.lib.errors import DatabaseUnavailable
from config.lib.problems import InvalidParameters, domain_problem
from config.lib.serializers import OutSerializer


class ApiViewSet(GenericViewSet[Any]):
    """Declare ``required_scopes`` (action -> scope), ``serializer_class`` (an output) and, for
    lists, ``filterset_class``, ``search_fields`` and ``ordering``; ``get_queryset`` starts with
    ``visible_to``. ``required_roles`` (action -> role) defaults to operator for writes. The reads
    of ``past_actions`` take ``?at=`` and answer as things stood then.
    """

    required_scopes: ClassVar[Mapping[str, str | None]] = {}
    required_roles: ClassVar[Mapping[str, str]] = {}
    query_parameters: ClassVar[Mapping[str, Collection[str]]] = {}
    search_fields: ClassVar[Collection[str]] = ()
    past_actions: ClassVar[Collection[str]] = ()
    lookup_url_kwarg = "id"
    lookup_field = "pk"
    lookup_value_converter = "uuid"
    is_whole = False
    # An unknown ``?format=``, refused with the other parameters: who asks is checked before.
    no_format: InvalidParameters | None = None

    @property
    def principal(self) -> Any:
        """Return what this request may do (accounts' Principal); None for the anonymous."""
        return self.request.auth

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Serve the request; one that must be all or nothing is one transaction.

        Such a request is served again as a whole when the database fails in it.
        """
        self.is_whole = bool({"Idempotency-Key", "If-Match"} & set(request.headers))
        if self._is_read(request):
            with ExitStack() as self._journey:
                return super().dispatch(request, *args, **kwargs)
        if not self.is_whole:
            return super().dispatch(request, *args, **kwargs)
        try:
            return transient.retried(partial(self._dispatch_whole, request, *args, **kwargs))
        except DatabaseUnavailable as error:
            return domain_problem(error)

    def _dispatch_whole(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                transaction.set_rollback(True)
            elif self._is_first_call(response):
                idempotency.remember(self.request, response)
        return response

    @staticmethod
    def _is_read(request: Any) -> bool:
        return request.method in SAFE_METHODS

    def _is_first_call(self, response: HttpResponseBase) -> bool:
        is_keyed = self.request.method == "POST" and idempotency.HEADER in self.request.headers
        return is_keyed and not getattr(response, "is_replay", False)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the method, then who asks, then the parameters; repeat an earlier answer."""
        if self.action is None:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and idempotency.HEADER in request.headers:
            idempotency.begin(request)
        if not self.detail:
            self._refuse_unknown(request)
        if self.action in self.past_actions:
            self._go_back(request)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Return how to answer; as if there were no ``?format=`` if it is unknown."""
        try:
            return super().perform_content_negotiation(request, force)
        except InvalidParameters as fault:
            self.no_format = fault
            renderer = self.get_renderers()[0]
            return renderer, renderer.media_type

    def _refuse_unknown(self, request: Request) -> None:
        """Refuse what nothing reads: other parameters, other formats."""
        parameters.refuse_unknown(request, self.allowed_parameters())
        if self.no_format is not None:
            raise self.no_format

    def _go_back(self, request: Request) -> None:
        """Read as of ``?at=``, if it is given, until the answer is there."""
        moment = past.asked_moment(request)
        if moment is not None:
            self._journey.enter_context(past.journey(self.principal, moment))

    def handle_exception(self, exc: Exception) -> Any:
        """Repeat an earlier answer; count callers without a valid token by their address."""
        if isinstance(exc, idempotency.Replayed):
            exc.response.is_replay = True  # type: ignore[attr-defined]
            return exc.response
        if self.is_whole and transient.is_transient(exc):
            raise exc
        if isinstance(exc, (AuthenticationFailed, NotAuthenticated)):
            exc = ratelimits.count_refused(self.request, exc)
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Leave responses that are not DRF's as they are; add the rate limit's headers."""
        finished = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(request, "rate_limit_headers", {}).items():
            finished[name] = value
        # What one caller may see is never for a shared cache; their own may ask whether it changed.
        finished.setdefault("Cache-Control", "private, no-cache")
        return finished

    def allowed_parameters(self) -> set[str]:
        """Return the names of the query parameters that this action reads."""
        allowed = set(self.query_parameters.get(self.action, ()))
        if self.action in {"list", "retrieve"}:
            allowed |= {parameters.TRIM, parameters.EMBED}
        if self.action == "list":
            allowed |= set(parameters.PAGE)
            allowed |= {parameters.SEARCH} if self.search_fields else set()
            filterset = getattr(self, "filterset_class", None)
            allowed |= set(filterset.base_filters) if filterset else set()
        if self.action in self.past_actions:
            allowed |= {past.PARAMETER}
        return allowed

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell output serializers what ``?fields=`` and ``?expand=`` ask for."""
        context = dict(super().get_serializer_context())
        kind = self.serializer_class
        if kind is None or not issubclass(kind, OutSerializer) or not self._is_read(self.request):
            return context
        if not {parameters.EMBED, parameters.TRIM} & set(self.request.query_params):
            return context  # Listing the fields of a serializer takes long.
        embed = parameters.listed(self.request, parameters.EMBED, kind.expandable)
        names = kind(context={"expand": embed}).fields
        trim = parameters.listed(self.request, parameters.TRIM, names)
        return {**context, "expand": embed, "fields": trim}

    def get_object(self) -> Any:
        """Return the object if it is visible, may be changed (for a write) and If-Match holds.

        With If-Match the row is locked, so that the version checked is the version changed.
        """
        queryset = self.filter_queryset(self.get_queryset())
        is_locked = "If-Match" in self.request.headers and not self._is_read(self.request)
        if is_locked:
            queryset = queryset.select_for_update(of=("self",))
        found = self._found(queryset)
        self.check_object_permissions(self.request, found)
        if is_locked:
            etags.check_if_match(self.request, found)
        self._refuse_unknown(self.request)
        return found

    def _found(self, queryset: QuerySet[Any]) -> Any:
        try:
            return queryset.get(pk=self.kwargs[self.lookup_url_kwarg])
        except ObjectDoesNotExist:
            is_past = self.action in self.past_actions
            if is_past and past.PARAMETER in self.request.query_params:
                raise NotFound("It was not there at that time, or is not visible to you.") from None
            raise Http404 from None

    def read(self, form: type[Serializer[Any]]) -> dict[str, Any]:
        """Validate the body with an input serializer and return its values."""
        given = form(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    def read_changes(self, form: type[Serializer[Any]]) -> dict[str, Any]:
        """Validate the body of a PATCH: only what is sent is changed."""
        given = form(data=self.request.data, partial=True, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    def answer(self, thing: Model, status: int = HTTPStatus.OK, **extra: Any) -> Response:
        """Answer with an object, its ETag and, for a creating call, what is shown only once."""
        body = {**self.get_serializer(thing).data, **extra}
        return Response(body, status=status, headers={"ETag": etags.etag_of(thing)})


class ListMixin:
    """``GET /nouns/``: a keyset page of what is visible."""

    def list(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what you may see, oldest first unless stated, in keyset pages."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class RetrieveMixin:
    """``GET /nouns/{id}/``: one object with its ETag, 304 if the caller has it already."""

    def retrieve(self: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return one object."""
        thing = self.get_object()
        if etags.is_unchanged(request, thing):
            headers = {"ETag": etags.etag_of(thing)}
            return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return self.answer(thing)
