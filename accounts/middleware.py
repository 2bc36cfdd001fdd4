"""What happens around every request: it is attributed, and what staff read is recorded."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponseBase

from accounts.choices import AuditAction
from accounts.services.audit import record
from config.lib.attribution import Attribution, attributed
from config.lib.requests import current_request_id

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Of an entry: whom it concerns; of most models: the column that tells.
CONCERNED = {
    "organisation_id": "organisation_id",
    "site_id": "site_id",
    "subject_id": "user_id",
}
Handler = Callable[[HttpRequest], HttpResponseBase]


def _session_user(request: HttpRequest) -> UUID | None:
    """Return who is logged in; a request without the cookie does not touch the session."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    return request.user.pk


class AttributionMiddleware:
    """Attribute what a request writes: to its door and session, and by bearer tokens later."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve the request, attributed."""
        door = "/".join(request.path.split("/")[1:3]) if request.path.startswith("/oauth/") else ""
        origin = door or request.path.split("/")[1]
        user, request_id = _session_user(request), current_request_id()
        given = Attribution(user=user, request=request_id, origin=origin)
        with attributed(given, is_reading=request.method in SAFE):
            return self.get_response(request)


class StaffReadingMiddleware:
    """Record each page of the admin site that shows data, before it is shown.

    It looks at the page that was found and not at what its class does, so that no admin class,
    present or to come, can forget it.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve the request; a page that cannot be recorded is not shown."""
        response = self.get_response(request)
        page: Any = getattr(request, "resolver_match", None)
        kind = getattr(getattr(page, "func", None), "model_admin", None)
        if kind is None or response.status_code != HTTPStatus.OK:
            return response
        self._record(request, kind, page)
        return response

    def _record(self, request: HttpRequest, admin: "ModelAdmin[Any]", page: Any) -> None:
        key = str(page.kwargs.get("object_id", ""))
        shown = {"page": page.url_name, "query": request.META.get("QUERY_STRING", "")[:500]}
        record(
            action=AuditAction.READ,
            object_type=str(admin.opts.verbose_name).lower().replace(" ", "_"),
            object_id=key,
            after=shown,
            **_whom_it_concerns(request, admin, key),
        )


def _whom_it_concerns(request: HttpRequest, admin: "ModelAdmin[Any]", key: str) -> dict[str, Any]:
    """Return the object's organisation, site and person, as far as its columns tell.

    A model whose columns have other names says so in ``audit_columns``.
    """
    if not key:
        return {}
    known = {field.attname for field in admin.opts.concrete_fields} | {"pk"}
    columns = {**CONCERNED, **getattr(admin.model, "audit_columns", {})}
    wanted = {name: column for name, column in columns.items() if column in known}
    row = admin.get_queryset(request).filter(pk=key).values(*wanted.values()).first() or {}
    return {name: row.get(column) for name, column in wanted.items()}
