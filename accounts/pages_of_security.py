"""What people change of their own account: password, address, second factor, sessions."""

from typing import Any

import django_otp
import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, View

from accounts import page_forms
from accounts.models import Authenticator
from accounts.otpauth import address_for_apps, grouped_seed
from accounts.pages_of_signin import limited
from accounts.services import addresses, passwords, second_factor
from accounts.services.users import change_user

guarded = method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")


class AccountPage(LoginRequiredMixin, FormView):
    """A page with a form about the account of whoever is signed in."""

    template_name = "accounts/account_form.html"
    title = ""
    text = ""
    button = ""
    asks_for_password = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the words of the page."""
        words = {"title": self.title, "text": self.text, "button": self.button}
        return super().get_context_data(**{**words, **kwargs})

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the request, against which it checks the password."""
        given = super().get_form_kwargs()
        return {**given, "request": self.request} if self.asks_for_password else given

    def done(self, text: str) -> HttpResponse:
        """Go home and say what has happened."""
        messages.success(self.request, text)
        return redirect("home")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the form, unless this address has tried too often."""
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        return limited(request, "login") or super().post(request, *args, **kwargs)


@guarded
class PasswordPage(AccountPage):
    """Change the password; every other browser is signed out."""

    form_class = page_forms.ChangePasswordForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say what it does."""
        text = _("All other browsers will be signed out.")
        words = {"title": _("Change your password"), "text": text, "button": _("Change password")}
        return super().get_context_data(**{**words, **kwargs})

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the user, whom the password may not resemble."""
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: Any) -> HttpResponse:
        """Change it, and stay signed in here under a new session key."""
        password = form.cleaned_data["password"]
        user = passwords.set_password(user=self.request.user, password=password)  # type: ignore[arg-type]
        keep_this_session(self.request, user)
        return self.done(_("Your password was changed."))


def keep_this_session(request: HttpRequest, user: Any) -> None:
    """Keep this browser signed in, under a new key, where all others are signed out."""
    device = getattr(request.user, "otp_device", None)
    update_session_auth_hash(request, user)
    request.user = user
    if device is not None:
        django_otp.login(request, device)


@guarded
class AddressPage(AccountPage):
    """Ask for another e-mail address; it changes once the new one is confirmed."""

    form_class = page_forms.ChangeAddressForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say what it does."""
        text = _(
            "We send a letter to the new address. The change takes place when you follow its link."
        )
        words = {
            "title": _("Change your e-mail address"),
            "text": text,
            "button": _("Send the letter"),
        }
        return super().get_context_data(**{**words, **kwargs})

    def form_valid(self, form: Any) -> HttpResponse:
        """Write to the new address."""
        new = form.cleaned_data["email"]
        addresses.ask_address_change(user=self.request.user, address=new)  # type: ignore[arg-type]
        return self.done(_("We have sent a letter to %(address)s.") % {"address": new})


@guarded
class ProfilePage(AccountPage):
    """Change name and time zone."""

    form_class = page_forms.ProfileForm
    asks_for_password = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say what it does."""
        words = {"title": _("About you"), "text": "", "button": _("Save")}
        return super().get_context_data(**{**words, **kwargs})

    def get_form_kwargs(self) -> dict[str, Any]:
        """Fill the form with what is known."""
        return {**super().get_form_kwargs(), "instance": self.request.user}

    def form_valid(self, form: Any) -> HttpResponse:
        """Save it."""
        changes = {name: form.cleaned_data[name] for name in form.Meta.fields}
        change_user(user=self.request.user, **changes)  # type: ignore[arg-type]
        return self.done(_("Saved."))


class VerificationPage(LoginRequiredMixin, View):
    """Send the letter that confirms the present address."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Write it."""
        refused = limited(request, "letters")
        if refused:
            return refused
        user: Any = request.user
        addresses.ask_verification(user=user)
        text = _("We have sent a letter to %(address)s.") % {"address": user.email}
        messages.success(request, text)
        return redirect("home")


class SignOutEverywherePage(LoginRequiredMixin, View):
    """Sign out of all browsers, this one too."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """End every session."""
        passwords.end_sessions(user=request.user)  # type: ignore[arg-type]
        request.session.flush()
        return redirect("login")


@guarded
class SecondFactorPage(AccountPage):
    """Set up an authenticator app: show its seed, and turn it on with its first code."""

    template_name = "accounts/second_factor.html"
    form_class = page_forms.SetUpForm
    asks_for_password = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Send whoever has one already to where it is removed."""
        user: Any = request.user
        if user.is_authenticated and second_factor.authenticator_of(user) is not None:
            return redirect("remove-second-factor" if user.is_verified() else "second-step")
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the seed, as a picture and as text."""
        user: Any = self.request.user
        seed = second_factor.begin_set_up(user=user).seed
        picture = segno.make(address_for_apps(user.email, seed), error="m")
        return super().get_context_data(
            **kwargs,
            picture=picture.svg_inline(scale=4, omitsize=True, svgclass=None, lineclass=None),
            seed=grouped_seed(seed),
            is_required=second_factor.is_required_of(user),
        )

    def form_valid(self, form: Any) -> HttpResponse:
        """Turn it on and show the recovery codes, once."""
        user: Any = self.request.user
        code = form.cleaned_data["code"]
        codes = second_factor.confirm_set_up(user=user, code=code.replace(" ", ""))
        if codes is None:
            form.add_error(
                "code", _("This code is not right. Take the one that the app shows now.")
            )
            return self.form_invalid(form)
        self.request.session.cycle_key()
        django_otp.login(self.request, Authenticator.objects.get(user=user))
        return render(self.request, "accounts/recovery_codes.html", {"codes": codes})


@guarded
class RemoveSecondFactorPage(AccountPage):
    """Turn the second factor off, or renew its codes, with password and code."""

    template_name = "accounts/remove_second_factor.html"
    form_class = page_forms.RemoveSecondFactorForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Serve those who have one."""
        user: Any = request.user
        if user.is_authenticated and second_factor.authenticator_of(user) is None:
            return redirect("second-factor")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Do what was asked, if the code is right."""
        user: Any = self.request.user
        if second_factor.check_code(user=user, code=form.cleaned_data["code"]) is None:
            form.add_error("code", _("This code is not right."))
            return self.form_invalid(form)
        deed = self.request.POST.get("deed")
        if deed == "renew":
            codes = second_factor.renew_recovery_codes(user=user)
            return render(self.request, "accounts/recovery_codes.html", {"codes": codes})
        if deed != "remove":
            raise Http404
        second_factor.remove_second_factor(user=user)
        self.request.session.cycle_key()
        return self.done(_("Logging in asks for no code any more."))
