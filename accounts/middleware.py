"""What happens around every request: it is attributed, and what staff read is recorded."""

import inspect
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from accounts.choices import AuditAction
from accounts.services.audit import record
from accounts.services.second_factor import authenticator_of, is_required_of
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


class UserLocaleMiddleware:
    """Speak the language that the signed-in person has chosen, on whichever browser they are."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve the request in the person's language; without a session nothing is looked up."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            chosen = request.user.locale
            if chosen in dict(settings.LANGUAGES):
                translation.activate(chosen)
                request.LANGUAGE_CODE = chosen
        return self.get_response(request)


class SecondFactorMiddleware:
    """Lead those who owe a code to where they give or set it up; until then they see nothing else.

    That is whoever has an authenticator and a session without it (one that was open elsewhere when
    the authenticator was added), and staff who have none where settings.STAFF_SECOND_FACTOR asks.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve the request, or lead to the code; requests without a session are no concern."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or _is_open(request.path):
            return self.get_response(request)
        user: Any = request.user
        if not user.is_authenticated or user.is_verified():
            return self.get_response(request)
        if authenticator_of(user) is not None:
            return redirect(
                f"{reverse('second-step')}?{urlencode({'next': request.get_full_path()})}"
            )
        if is_required_of(user):
            return redirect("second-factor")
        return self.get_response(request)


def _is_open(path: str) -> bool:
    """Say whether a path is served to those who owe a code; the API never looks at sessions."""
    ways = {reverse(name) for name in ("second-step", "second-factor", "logout", "language")}
    return path in ways or path.startswith((settings.STATIC_URL, "/api/v1/"))


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
        kind = admin_of(page)
        if kind is None or response.status_code != HTTPStatus.OK:
            return response
        self._record(request, kind, page=page)
        return response

    def _record(self, request: HttpRequest, admin: "ModelAdmin[Any]", *, page: Any) -> None:
        key = str(page.kwargs.get("object_id") or page.kwargs.get("id") or "")
        shown = {"page": page.url_name, "query": request.META.get("QUERY_STRING", "")[:500]}
        about = {"object_id": key, **_whom_it_concerns(request, admin, key=key)}
        # A page whose address does not say what it is about says so itself.
        about |= getattr(request, "looked_at", {})
        noun = str(admin.opts.verbose_name).lower().replace(" ", "_")
        record(action=AuditAction.READ, object_type=noun, after=shown, **about)


def admin_of(page: Any) -> "ModelAdmin[Any] | None":
    """Return the admin class behind a page: one of Django's own, or one that the class adds."""
    func = getattr(page, "func", None)
    if func is None or hasattr(func, "model_admin"):
        return getattr(func, "model_admin", None)
    method = inspect.unwrap(func, stop=lambda step: hasattr(step, "__self__"))
    owner = getattr(method, "__self__", None)
    return owner if isinstance(owner, ModelAdmin) else None


def _whom_it_concerns(
    request: HttpRequest, admin: "ModelAdmin[Any]", *, key: str
) -> dict[str, Any]:
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
