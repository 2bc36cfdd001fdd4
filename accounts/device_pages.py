"""Where the user of a device types its code, sees who asks for what, and decides."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.signing import Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts.consent_form import ConsentForm
from accounts.models import Application, Consent, DeviceGrant
from accounts.oauth_parameters import MAX_TEXT
from accounts.refusals import too_many_tries
from accounts.services.device_grants import approve, find_pending, refuse
from accounts.sessions import logged_in_at
from config.lib import ratelimits
from config.lib.addresses import address_of
from config.lib.errors import InvalidInput
from config.lib.secrets import is_same, normalise_code

POLICY = "device_page"
CONFIRM = "accounts/device_confirm.html"


@method_decorator(never_cache, name="dispatch")
class DevicePage(LoginRequiredMixin, View):
    """One address for all steps; what is known of a step is in the form that it sends.

    A code in the address is shown and never looked up: whoever follows a link still compares it
    with their device. Each code that is tried counts against the person and their address, so that
    codes cannot be guessed; the seal of one that was found lets the person go on from there.
    Source: RFC 8628 sections 3.3, 5.1 and 5.4.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for the code."""
        return self._ask(request, code=request.GET.get("user_code", ""))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show who asks, or do what the user has decided; places are looked for in between."""
        code = request.POST.get("user_code", "")[:MAX_TEXT].replace("\x00", "")
        seal = seal_of(request, code)
        is_known = is_same(seal, request.POST.get("seal", ""))
        if not is_known and (wait_s := count_try(request)):
            return too_many_tries(request, wait_s=wait_s)
        found = find_pending(user_code=code)
        if found is None:
            return self._ask(request, code=code, is_wrong=True)
        grant, application = found
        context = {"application": application, "user_code": code, "seal": seal}
        if is_known and "refuse" in request.POST:
            return self._end(request, is_done=refuse(grant=grant, user=person(request)))
        form = form_for(request, grant, application, is_sent=is_known)
        context |= {"form": form, "consent": form.consent}
        if "allow" not in request.POST or not form.is_valid():
            return render(request, CONFIRM, context)
        try:
            is_done = approve(
                grant=grant,
                user=person(request),
                terms=form.terms(),
                auth_time=logged_in_at(request),
            )
        except InvalidInput:  # A place was taken away while the user read.
            form.add_error("nodes", form.fields["nodes"].error_messages["invalid"])
            return render(request, CONFIRM, context)
        return self._end(request, is_done=is_done, is_allowed=True)

    def _ask(self, request: HttpRequest, *, code: str, is_wrong: bool = False) -> HttpResponse:
        context = {"user_code": code[:32], "is_wrong": is_wrong}
        status = HTTPStatus.BAD_REQUEST if is_wrong else HTTPStatus.OK
        return render(request, "accounts/device.html", context, status=status)

    def _end(
        self, request: HttpRequest, *, is_done: bool, is_allowed: bool = False
    ) -> HttpResponse:
        if not is_done:  # Somebody else was faster, or time ran out.
            return self._ask(request, code="", is_wrong=True)
        return render(request, "accounts/device_done.html", {"is_allowed": is_allowed})


def person(request: HttpRequest) -> Any:
    """Return who has logged in: the page is closed to others."""
    return request.user


def seal_of(request: HttpRequest, code: str) -> str:
    """Return what proves that this person has found this code before."""
    return Signer(salt=POLICY).signature(f"{request.user.pk}:{normalise_code(code)}")


def count_try(request: HttpRequest) -> int:
    """Count a code that is tried; return for how many seconds there may be no more, or 0."""
    for caller in (f"user:{request.user.pk}", address_of(request)):
        standing = ratelimits.take(POLICY, caller)
        if standing.is_exceeded:
            return standing.resets_in_s
    return 0


def form_for(
    request: HttpRequest, grant: DeviceGrant, application: Application, *, is_sent: bool
) -> ConsentForm:
    """Return the form of the consent page for what the device asks, as far as it still may."""
    own = Consent.objects.living().filter(user=request.user.pk, application=application)
    return ConsentForm(
        request.POST if is_sent else None,
        user=person(request),
        application=application,
        asked=[scope for scope in grant.scope.split() if scope in application.scopes],
        consent=own.first(),
    )
