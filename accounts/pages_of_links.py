"""What the links in letters lead to, and the forms that ask for such letters.

A link is opened by GET and does its work by POST, so that programs that look into letters change
nothing. Its token moves from the address bar into the session, so that no referrer or history of a
shared browser tells it.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from accounts import page_forms
from accounts.errors import AddressTaken
from accounts.letters import invited_by, told
from accounts.links import LinkOver, Opened, Purpose, opened
from accounts.models import User
from accounts.pages_of_security import keep_this_session
from accounts.pages_of_signin import limited
from accounts.services import addresses, passwords
from accounts.services.invitations import accept_invitations

BACKEND = "django.contrib.auth.backends.ModelBackend"
HTTP_GONE = 410
guarded = method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")


class LetterForm(FormView):
    """Ask for a letter; the answer is the same whether there is such an account or not."""

    form_class = page_forms.AddressForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the form, unless this address has asked too often."""
        return limited(request, "letters") or super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Write the letter, and say that it was written."""
        email = form.cleaned_data["email"]
        self.ask(email)
        return render(self.request, "accounts/letter_sent.html", {"email": email})

    def ask(self, email: str) -> None:
        """Write the letter."""
        raise NotImplementedError


class RegisterPage(LetterForm):
    """Open an account: the address first, everything else by the link in the letter."""

    template_name = "accounts/register.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Serve it where registration is open."""
        if not settings.REGISTRATION_OPEN:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def ask(self, email: str) -> None:
        """Write the letter."""
        addresses.ask_registration(email=email, locale=get_language() or "en")


class ForgottenPage(LetterForm):
    """Ask for a link to a new password."""

    template_name = "accounts/forgotten.html"

    def ask(self, email: str) -> None:
        """Write the letter."""
        passwords.ask_password_reset(email=email)


class LinkPage(FormView):
    """A page behind a link."""

    purpose: Purpose
    link: Opened

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Take the token out of the address, then open the link."""
        key = f"link-{self.purpose}"
        if token := kwargs.get("token"):
            request.session[key] = token
            return redirect(f"{self.purpose}-open")
        try:
            self.link = opened(self.purpose, request.session.get(key, ""))
        except LinkOver:
            return self.over()
        return super().dispatch(request, *args, **kwargs)

    def over(self) -> HttpResponse:
        """Say that the link works no more, and what to do."""
        about = {"purpose": self.purpose.value}
        return render(self.request, "accounts/link_over.html", about, status=HTTP_GONE)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the form, unless this address has tried too often."""
        return limited(request, "login") or super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the link is about."""
        return super().get_context_data(**kwargs, link=self.link)

    def forget(self) -> None:
        """Take the token out of the session: it has done its work."""
        self.request.session.pop(f"link-{self.purpose}", None)


@guarded
class RegisterLinkPage(LinkPage):
    """Open an account whose address the letter has proved."""

    purpose = Purpose.REGISTER
    template_name = "accounts/open_account.html"
    form_class = page_forms.OpenAccountForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the account that is to be, which the password may not resemble."""
        user = self.link.user or User(email=self.link.address)
        return {**super().get_form_kwargs(), "user": user}

    def form_valid(self, form: Any) -> HttpResponse:
        """Make or claim the account and come in."""
        try:
            user = addresses.open_account(
                email=self.link.address,
                user=self.link.user,
                password=form.cleaned_data["password"],
                name=form.cleaned_data["name"],
                locale=get_language() or "en",
            )
        except AddressTaken:
            return self.over()
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        self.forget()
        login(self.request, user, backend=BACKEND)
        messages.success(self.request, _("Welcome to Atrium."))
        return redirect("home")


@guarded
class InvitationLinkPage(RegisterLinkPage):
    """Say who invites to what; whoever has no password yet chooses one."""

    purpose = Purpose.INVITATION

    def get_template_names(self) -> list[str]:
        """Return one page for those who have an account, one for those who open theirs."""
        user = self.link.user
        is_known = user is not None and user.has_usable_password()
        return ["accounts/invitation.html" if is_known else "accounts/open_account.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the sentence."""
        invitation = self.link.invitation
        assert invitation is not None  # noqa: S101 - opened() gives one for this purpose
        words = {"who": invited_by(invitation), "sentence": told(invitation)}
        return super().get_context_data(**kwargs, **words)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Open the account, or let who has one go in by the front door."""
        user = self.link.user
        if user is None or not user.has_usable_password():
            return super().post(request, *args, **kwargs)
        self.forget()
        if request.user.is_authenticated and request.user.pk == user.pk:
            accept_invitations(user=user)
        return redirect("home")


@guarded
class ResetLinkPage(LinkPage):
    """Choose a new password; a code is still asked for at the login that follows."""

    purpose = Purpose.RESET
    template_name = "accounts/reset_password.html"
    form_class = page_forms.NewPasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the user, whom the password may not resemble."""
        return {**super().get_form_kwargs(), "user": self.link.user}

    def form_valid(self, form: Any) -> HttpResponse:
        """Set it, and lead to the login page: the link alone opens no session."""
        password = form.cleaned_data["password"]
        passwords.set_password(user=_person(self.link), password=password, by_letter=True)
        self.forget()
        messages.success(self.request, _("Your password was changed. Log in with it."))
        return redirect("login")


@guarded
class VerifyLinkPage(LinkPage):
    """Confirm the address of an account."""

    purpose = Purpose.VERIFY
    template_name = "accounts/confirm_address.html"
    form_class = page_forms.forms.Form

    def form_valid(self, form: Any) -> HttpResponse:
        """Note it."""
        addresses.verify_address(user=_person(self.link))
        self.forget()
        messages.success(self.request, _("Your e-mail address is confirmed."))
        return redirect("home")


@guarded
class AddressLinkPage(LinkPage):
    """Confirm a new address."""

    purpose = Purpose.CHANGE_ADDRESS
    template_name = "accounts/confirm_address.html"
    form_class = page_forms.forms.Form

    def form_valid(self, form: Any) -> HttpResponse:
        """Change it."""
        try:
            user = addresses.change_address(user=_person(self.link), address=self.link.address)
        except AddressTaken:
            return self.over()
        self.forget()
        if self.request.user.is_authenticated and self.request.user.pk == user.pk:
            keep_this_session(self.request, user)
        messages.success(self.request, _("Your e-mail address was changed."))
        return redirect("home")


def _person(link: Opened) -> User:
    if link.user is None:
        raise LinkOver
    return link.user
