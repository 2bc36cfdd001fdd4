"""The way in: password, then a code where the account asks for one."""

import time
from typing import Any

import django_otp
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import LoginView as DjangoLoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView, View
from django.views.i18n import set_language

from accounts.models import User
from accounts.page_forms import CodeForm
from accounts.refusals import too_many_tries
from accounts.services import second_factor
from accounts.services.users import change_user
from config.lib import ratelimits
from config.lib.addresses import address_of

PENDING = "second-step"
PENDING_S = 600


def limited(request: HttpRequest, name: str) -> HttpResponse | None:
    """Count a try of this address, and return a refusal if there were too many."""
    standing = ratelimits.take(name, address_of(request))
    if not standing.is_exceeded:
        return None
    return too_many_tries(request, wait_s=standing.resets_in_s)


def own_target(request: HttpRequest, target: str) -> str:
    """Return where to go next: an address of ours, never somebody else's."""
    is_own = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_own else settings.LOGIN_REDIRECT_URL


class LoginView(DjangoLoginView):
    """Log in by e-mail address and password, so many tries a minute for each address."""

    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the password, unless this address has tried too often."""
        return limited(request, "login") or super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Log in, or ask for the code first: until then the session belongs to nobody."""
        user: User = form.get_user()
        if second_factor.authenticator_of(user) is None:
            return super().form_valid(form)
        self.request.session.cycle_key()
        self.request.session[PENDING] = {
            "user": str(user.pk),
            "backend": user.backend,
            "hash": user.get_session_auth_hash(),
            "since": time.time(),
            "next": self.get_success_url(),
        }
        return redirect("second-step")


def pending_user(request: HttpRequest) -> User | None:
    """Return who has given the right password and not yet the code."""
    pending = request.session.get(PENDING)
    if not pending or time.time() - pending["since"] > PENDING_S:
        return None
    user = User.objects.filter(pk=pending["user"], is_active=True).first()
    if user is None or not constant_time_compare(pending["hash"], user.get_session_auth_hash()):
        return None
    user.backend = pending["backend"]
    return user


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class SecondStepPage(FormView):
    """Ask for the code: of who is on their way in, or is in by the password alone."""

    template_name = "accounts/second_step.html"
    form_class = CodeForm
    person: User

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Find out who is asked; whoever it is not for goes to the login page."""
        user: Any = request.user
        person = user if user.is_authenticated else pending_user(request)
        if person is None:
            return redirect("login")
        if user.is_authenticated and (user.is_verified() or not self._has_factor(user)):
            return redirect("home")
        self.person = person
        return super().dispatch(request, *args, **kwargs)

    def _has_factor(self, user: User) -> bool:
        return second_factor.authenticator_of(user) is not None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the code, unless this address has tried too often."""
        return limited(request, "login") or super().post(request, *args, **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        """Come in with a right code."""
        code = form.cleaned_data["code"]
        device = second_factor.check_code(user=self.person, code=code)
        if device is None:
            form.add_error("code", self._why_not())
            return self.form_invalid(form)
        pending = self.request.session.pop(PENDING, {})
        target = pending.get("next") or self.request.GET.get("next", "")
        if not self.request.user.is_authenticated:
            login(self.request, self.person)
        self.request.session.cycle_key()
        django_otp.login(self.request, device)
        return HttpResponseRedirect(own_target(self.request, target))

    def _why_not(self) -> str:
        device = second_factor.authenticator_of(self.person)
        if device is not None and device.throttling_failure_count > 1:
            wait = 2 ** (device.throttling_failure_count - 1)
            return _("This code is not right. Wait %(n)d seconds before the next try.") % {
                "n": wait
            }
        return _("This code is not right. Take the one that the app shows now.")


class LanguageView(View):
    """Choose the language of the pages: for this browser, and for the account if signed in."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Remember the choice and go back to where it was made."""
        chosen = request.POST.get("language", "")
        if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
            change_user(user=request.user, locale=chosen)
        return set_language(request)


@method_decorator(never_cache, name="dispatch")
class HomePage(LoginRequiredMixin, TemplateView):
    """Where a login without a destination ends: who you are, how you log in, and the ways on."""

    template_name = "accounts/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add how the account is secured."""
        user: Any = self.request.user
        context = super().get_context_data(**kwargs)
        context["authenticator"] = second_factor.authenticator_of(user)
        context["codes_left"] = user.recovery_codes.filter(used_at=None).count()
        context["roles"] = user.b2b_users.current().select_related("organisation")
        context["set_up_url"] = reverse("second-factor")
        return context
