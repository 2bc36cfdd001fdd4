"""Forms of the admin pages of accounts."""

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm

from accounts.choices import GrantType
from accounts.models import Application, User
from accounts.scopes import SCOPES


def _choice(choices: list[tuple[str, str]]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        choices=choices, widget=forms.CheckboxSelectMultiple, required=False
    )


class ApplicationForm(forms.ModelForm):
    """An application; its secret is made by the platform."""

    scopes = _choice([(scope, f"{scope}: {text}") for scope, text in SCOPES.items()])
    grant_types = _choice([(grant.value, grant.label) for grant in GrantType])
    privacy_url = forms.URLField(required=False, assume_scheme="https")

    class Meta:
        model = Application
        fields = (
            "organisation",
            "name",
            "purpose",
            "privacy_url",
            "client_type",
            "grant_types",
            "redirect_uris",
            "scopes",
        )


class UserForm(UserChangeForm):
    """A user; the password is only ever shown as set or not."""

    class Meta:
        model = User
        fields = (
            "email",
            "password",
            "name",
            "locale",
            "time_zone",
            "is_active",
            "is_staff",
            "is_superuser",
            "groups",
        )


class NewUserForm(AdminUserCreationForm):
    """A new user, by e-mail address."""

    class Meta:
        model = User
        fields = ("email",)
