"""Query parameters: those an action documents, and no others."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ErrorDetail
from rest_framework.serializers import Serializer

from config.lib.problems import InvalidParameters

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


TRIM = "fields"
EMBED = "expand"
SEARCH = "q"
PAGE = ("limit", "cursor")


def refuse_unknown(request: "Request", allowed: Iterable[str]) -> None:
    """Refuse a request whose query string holds a parameter that nothing reads.

    Raises: InvalidParameters, naming each unknown parameter and those that exist.
    """
    known = sorted(allowed)
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        detail = f"There is no such parameter here. Known: {', '.join(known) or 'none'}."
        raise InvalidParameters({name: [ErrorDetail(detail, code="unknown")] for name in unknown})


def read_parameters(request: "Request", form: type[Serializer[Any]]) -> dict[str, Any]:
    """Validate the query string with a serializer and return its values.

    Raises: InvalidParameters, naming each parameter that is wrong.
    """
    given = form(data=request.query_params.dict())
    if not given.is_valid():
        raise InvalidParameters(given.errors)
    return dict(given.validated_data)


def listed(request: "Request", name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the comma-separated names of ``?fields=`` or ``?expand=``, each one known.

    Raises: InvalidParameters, naming those that are not.
    """
    names = tuple(part for part in request.query_params.get(name, "").split(",") if part)
    known = sorted(known)
    if strangers := sorted(set(names) - set(known)):
        text = f"Unknown: {', '.join(strangers)}. Known: {', '.join(known) or 'none'}."
        raise InvalidParameters({name: [ErrorDetail(text, code="unknown")]})
    return names


def _details(errors: Mapping[str, list[ValidationError]]) -> dict[str, list[ErrorDetail]]:
    return {
        name: [
            ErrorDetail(message, code=fault.code or "invalid")
            for fault in faults
            for message in fault.messages
        ]
        for name, faults in errors.items()
    }


class StrictFilterBackend(DjangoFilterBackend):
    """The view's filter set, plus ``?q=`` over its ``search_fields``; bad values are refused."""

    raise_exception = True

    def filter_queryset(
        self, request: "Request", queryset: QuerySet[Any], view: "APIView"
    ) -> QuerySet[Any]:
        """Apply the documented filters of a list; other actions read no filters."""
        if getattr(view, "action", None) != "list":
            return queryset
        filterset = self.get_filterset(request, queryset, view)
        if filterset is not None:
            if not filterset.is_valid():
                raise InvalidParameters(_details(filterset.errors.as_data()))
            queryset = filterset.qs
        return self._search(request, queryset, view=view)

    def _search(
        self, request: "Request", queryset: QuerySet[Any], *, view: "APIView"
    ) -> QuerySet[Any]:
        words = request.query_params.get(SEARCH, "").replace("\x00", "")
        fields = getattr(view, "search_fields", ())
        if not (words and fields):
            return queryset
        condition = Q()
        for field in fields:
            condition |= Q(**{f"{field}__icontains": words})
        return queryset.filter(condition)
