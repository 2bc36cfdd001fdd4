"""The consent page: who asks for what, what of it the user leaves, and the way back."""

import re
from collections.abc import Collection
from copy import copy
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic.base import TemplateResponseMixin
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.oauth2_validators import is_valid_resource_uri
from oauthlib.openid.connect.core.exceptions import ConsentRequired

from accounts.authorization import (
    INVALID,
    NONE,
    CheckedAuthorizationView,
    asks_for,
    is_login_too_old,
    refuse,
)
from accounts.consent_form import ConsentForm
from accounts.models import Application, Consent
from accounts.services.consents import standing_terms
from accounts.terms import Terms
from config.lib.errors import InvalidInput

HOST_SOURCE = re.compile(r"[A-Za-z0-9.:-]+")
SCHEME_SOURCE = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*")


def form_action_of(redirect_uri: str) -> str:
    """Return the CSP source of an address to which a form may lead back, or an empty text."""
    parts = urlsplit(redirect_uri)
    if parts.scheme in {"http", "https"}:
        is_plain = HOST_SOURCE.fullmatch(parts.netloc)
        return f"{parts.scheme}://{parts.netloc}" if is_plain else ""
    return f"{parts.scheme}:" if SCHEME_SOURCE.fullmatch(parts.scheme) else ""


@method_decorator(never_cache, name="dispatch")
class AuthorizationView(TemplateResponseMixin, CheckedAuthorizationView):
    """Ask the user whether an application may act for them, and how far.

    What the client asks stands in the address, for GET and POST alike; the form carries only what
    the user says. Nothing skips the page but ``prompt=none``, which asks for nothing new.
    Source: RFC 6749 section 4.1.1.
    """

    template_name = "accounts/authorize.html"
    scopes: list[str]
    credentials: dict[str, Any]
    application: Application

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Check what the client asks before anything else; a fault goes back to it, or is shown."""
        try:
            self._read(request)
            return super().dispatch(request, *args, **kwargs)
        except OAuthToolkitError as error:
            return self.error_response(error, application=None)

    def _read(self, request: HttpRequest) -> None:
        """Read the client's request from the address alone."""
        asked = copy(request)
        asked.method, asked.POST = "GET", QueryDict()
        self.scopes, self.credentials = self.validate_authorization_request(asked)
        if isinstance(self.credentials.get("ui_locales"), list):
            self.credentials["ui_locales"] = " ".join(self.credentials["ui_locales"])
        self.credentials["resource"] = request.GET.getlist("resource")
        if not all(map(is_valid_resource_uri, self.credentials["resource"])):
            refuse(INVALID, "resource must be an absolute URI.", self.credentials)
        known = Application.objects.select_related("organisation")
        self.application = known.get(client_id=self.credentials["client_id"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show who asks for what, with what stands filled in."""
        if is_login_too_old(request):
            return self.handle_prompt_login()
        if NONE in asks_for(request):
            return self._answer_silently()
        return self._show(self._form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do what the user has decided; while they look for places, show the form again."""
        if "refuse" in request.POST:
            return self._answer(self.scopes, terms=None)
        form = self._form(request.POST)
        if "allow" not in request.POST or not form.is_valid():
            return self._show(form)
        terms = form.terms()
        scopes = [scope for scope in self.scopes if scope in terms.scopes]
        try:
            return self._answer(scopes, terms=terms)
        except InvalidInput:  # A place was taken away while the user read.
            form.add_error("nodes", form.fields["nodes"].error_messages["invalid"])
            return self._show(form)

    def _standing(self) -> Consent | None:
        own = Consent.objects.living().filter(user=self.request.user.pk)
        return own.filter(application=self.application).first()

    def _form(self, data: Any = None) -> ConsentForm:
        return ConsentForm(
            data,
            user=self.request.user,  # type: ignore[arg-type]
            application=self.application,
            asked=self.scopes,
            consent=self._standing(),
        )

    def _show(self, form: ConsentForm) -> HttpResponse:
        context = {"form": form, "application": self.application, "consent": form.consent}
        response: HttpResponse = self.render_to_response(context)
        source = form_action_of(str(self.credentials["redirect_uri"] or ""))
        if not source:
            return response
        # Chromium holds the redirect after a form to `form-action` as well.
        csp_update({"form-action": [source]})(lambda _: response)(self.request)
        return response

    def _answer(self, scopes: Collection[str], *, terms: Terms | None) -> HttpResponse:
        """Send the user back with a code, for which the terms are recorded; without terms, refuse.

        The client is told of a narrower scope by the token answer. Source: RFC 6749 section 3.3.
        """
        credentials = {**self.credentials, "terms": terms}
        uri, _headers, _body, _status = self.create_authorization_response(
            request=self.request,
            scopes=" ".join(scopes),
            credentials=credentials,
            allow=terms is not None,
        )
        return self.redirect(uri, self.application)

    def _answer_silently(self) -> HttpResponse:
        """Give a code without asking, if nothing is asked for beyond what stands.

        Not to a public client: anybody may pose as it. Source: RFC 6749 section 10.2.
        """
        consent = self._standing()
        is_covered = consent is not None and set(self.scopes) <= set(consent.scopes)
        if consent is None or not is_covered or not self.application.is_confidential:
            refuse(ConsentRequired, None, self.credentials)
        return self._answer(self.scopes, terms=standing_terms(consent))
