"""Pages on which a person lets Atrium in at smart-me: before going there, and after coming back."""

from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts.models import User
from accounts.selectors import principal_of_user
from integrations.choices import AuthorizationOutcome
from integrations.models import Connection, ConnectionAuthorization
from integrations.smartme.authorizing import Answer, come_back, take_up, waiting_for
from integrations.smartme.needs import NEEDS

MAX_TEXT = 2_000


def session_key(request: HttpRequest) -> str:
    """Return the key of the session, which a person who is logged in has."""
    return str(request.session.session_key)


def may_change(user: User, connection: Connection) -> bool:
    """Say whether the person may still change the connection."""
    rows = Connection.objects.filter(pk=connection.pk)
    if user.is_staff and user.has_perm("integrations.change_connection"):
        return rows.exists()
    return rows.changeable_by(principal_of_user(user)).exists()


@method_decorator(never_cache, name="dispatch")
class _PersonPage(LoginRequiredMixin, View):
    """A page for the person who began the attempt."""

    def person(self) -> User:
        """Return who is logged in."""
        return cast("User", self.request.user)

    def answer(self, template: str, status: HTTPStatus, **context: Any) -> HttpResponse:
        """Return the page."""
        return render(self.request, f"integrations/{template}.html", context, status=status)


class StartPage(_PersonPage):
    """Says what smart-me will ask, and leads there by a link bound to this session."""

    def get(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """Take the attempt up in this session."""
        attempt = waiting_for(self.person(), id)
        if attempt is None or not may_change(self.person(), attempt.connection):
            return self.answer("authorized", HTTPStatus.NOT_FOUND, attempt=None)
        address = take_up(attempt, session_key=session_key(request))
        needs = [NEEDS[claim] for claim in attempt.scope.split()]
        return self.answer(
            "authorize", HTTPStatus.OK, attempt=attempt, address=address, needs=needs
        )


class CallbackPage(_PersonPage):
    """Where smart-me sends people back to: settles the attempt and says what happened."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Settle what came back, if it belongs to this person and session."""
        given = {name: request.GET.get(name, "")[:MAX_TEXT] for name in ("state", "code", "error")}
        answer = Answer(**{name: text.replace("\x00", "") for name, text in given.items()})
        attempt = come_back(
            answer, user=self.person(), session_key=session_key(request), may_change=may_change
        )
        status = HTTPStatus.OK if _is_granted(attempt) else HTTPStatus.BAD_REQUEST
        return self.answer("authorized", status, attempt=attempt, is_granted=_is_granted(attempt))


def _is_granted(attempt: ConnectionAuthorization | None) -> bool:
    return attempt is not None and attempt.outcome == AuthorizationOutcome.GRANTED
