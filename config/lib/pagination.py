"""Lists as keyset pages: a cursor, never an offset and never a count."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from rest_framework.exceptions import ErrorDetail, NotFound
from rest_framework.pagination import CursorPagination

from config.lib.problems import InvalidParameters

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


DEFAULT_LIMIT = 50
MAX_LIMIT = 500


class KeysetPagination(CursorPagination):
    """``?limit=`` and ``?cursor=``; the body is ``{"next", "previous", "results"}``.

    The view's ``ordering`` names the key, by default the primary key, oldest first.
    """

    page_size = DEFAULT_LIMIT
    page_size_query_param = "limit"
    max_page_size = MAX_LIMIT
    ordering = "pk"

    def get_page_size(self, request: "Request") -> int:
        """Return the limit asked for; anything but 1 to 500 is refused."""
        text = request.query_params.get(self.page_size_query_param, str(DEFAULT_LIMIT))
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_LIMIT):
            detail = ErrorDetail(f"Send a whole number from 1 to {MAX_LIMIT}.", code="invalid")
            raise InvalidParameters({self.page_size_query_param: [detail]})
        return int(text)

    def get_ordering(
        self, request: "Request", queryset: QuerySet[Any], view: "APIView"
    ) -> tuple[str, ...]:
        """Return the view's own ordering; callers cannot choose another."""
        ordering: str | Sequence[str] = getattr(view, "ordering", self.ordering)
        return (ordering,) if isinstance(ordering, str) else tuple(ordering)

    def decode_cursor(self, request: "Request") -> Any:
        """Return the position; a cursor that is not ours is a parameter error."""
        try:
            return super().decode_cursor(request)
        except NotFound as error:
            detail = ErrorDetail("Use a cursor from `next` or `previous`.", code="invalid")
            raise InvalidParameters({self.cursor_query_param: [detail]}) from error
