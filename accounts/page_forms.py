"""The forms of the pages for people: form alone; what follows is in the services."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import (
    password_validators_help_text_html,
    validate_password,
)
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User

MAX_PASSWORD = 256
password_help = lazy(password_validators_help_text_html, str)


def _secret(label: Any, autocomplete: str, *, help_text: Any = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(
        label=label, widget=widget, strip=False, max_length=MAX_PASSWORD, help_text=help_text
    )


def _code_field(label: Any, help_text: Any = "") -> forms.CharField:
    attrs = {
        "autocomplete": "one-time-code",
        "inputmode": "text",
        "autocapitalize": "characters",
        "spellcheck": "false",
        "class": "code-entry",
    }
    return forms.CharField(
        label=label, max_length=40, help_text=help_text, widget=forms.TextInput(attrs=attrs)
    )


class AddressForm(forms.Form):
    """An e-mail address."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_email(self) -> str:
        """Keep addresses in lower case."""
        return str(self.cleaned_data["email"]).strip().lower()


class NewPasswordForm(forms.Form):
    """A new password, typed twice."""

    password = _secret(_("New password"), "new-password", help_text=password_help())
    again = _secret(_("New password, again"), "new-password")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """Hold the password to the rules; it may not be like the name or the address."""
        password = str(self.cleaned_data["password"])
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        """Refuse a slip of the fingers."""
        data = super().clean() or {}
        if "password" in data and data.get("again") != data["password"]:
            self.add_error("again", _("This is not the same password."))
        return data


class OpenAccountForm(NewPasswordForm):
    """A name and a password, for an account that is opened."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Shown to the people whom you share a building with. You may leave it empty."),
    )
    field_order = ("name", "password", "again")


class PresentPasswordForm(forms.Form):
    """The present password, for what matters; failures count towards the lock on the login."""

    present = _secret(_("Your present password"), "current-password")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_present(self) -> str:
        """Check it."""
        present = str(self.cleaned_data["present"])
        email = getattr(self.request.user, "email", "")
        if authenticate(self.request, username=email, password=present) is None:
            raise forms.ValidationError(_("This is not your password."), code="password")
        return present


class ChangePasswordForm(PresentPasswordForm, NewPasswordForm):
    """The present password and a new one."""

    field_order = ("present", "password", "again")


class ChangeAddressForm(PresentPasswordForm, AddressForm):
    """The present password and a new address."""

    field_order = ("email", "present")


class CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code."""

    code = _code_field(
        _("Code"),
        _("The six digits that your authenticator app shows, or one of your recovery codes."),
    )


class SetUpForm(forms.Form):
    """The first code of an authenticator app."""

    code = _code_field(_("Code"), _("The six digits that the app shows now."))


class RemoveSecondFactorForm(PresentPasswordForm, CodeForm):
    """The present password and a code."""

    field_order = ("present", "code")


class ProfileForm(forms.ModelForm):
    """What people say of themselves."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(name, name) for name in sorted(available_timezones())],
    )

    class Meta:
        model = User
        fields = ("name", "time_zone")
        labels = {"name": _("Name")}
