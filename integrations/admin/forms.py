"""Forms of the admin pages of integrations; a stored secret is never read, only replaced."""

from typing import Any

from django import forms

from integrations.choices import ASKED_GRANTS, AuthMethod, ConnectionStatus, OAuthGrant
from integrations.models import Connection
from integrations.smartme.connections import NAME_FIELD, SECRET_FIELD


class ConnectionForm(forms.ModelForm):
    """A connection; its secret goes in and never comes out."""

    new_secret = forms.CharField(
        required=False,
        strip=True,
        widget=forms.PasswordInput(render_value=False),
        help_text="The API key, card token, password, or for OAuth 2.0 the secret of the "
        "application (a public one has none) or a token to use as it is. "
        "Left empty, the stored one (••••••••) stays.",
    )
    paused = forms.BooleanField(required=False, help_text="A paused connection does not sync.")

    class Meta:
        model = Connection
        fields = (
            "name",
            "fleet",
            "site",
            "auth_method",
            "username",
            "card_id",
            "oauth_grant",
            "client_id",
            "key_expires_at",
            "licence",
            "switching",
            "realtime",
            "interval_s",
            "history_days",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["paused"].initial = self.instance.status == ConnectionStatus.PAUSED

    def clean(self) -> dict[str, Any]:
        """Ask for what the way in needs."""
        given = super().clean() or self.cleaned_data
        method = given.get("auth_method", "")
        is_other = self.instance.created_at is None or "auth_method" in self.changed_data
        if is_other and not given.get("new_secret") and not is_asked(given):
            self.add_error("new_secret", "This way in needs a secret of its own.")
        if given.get("new_secret") and not str(given["new_secret"]).isascii():
            self.add_error("new_secret", "A secret holds visible ASCII characters only.")
        name = NAME_FIELD.get(method)
        if name and not given.get(name):
            self.add_error(name, "This way in needs it.")
        self._check_tenant(given)
        return given

    def _check_tenant(self, given: dict[str, Any]) -> None:
        site, fleet = given.get("site"), given.get("fleet") or self.instance.fleet_or_none
        if site and fleet and site.organisation_id != fleet.organisation_id:
            self.add_error("site", "The site is not of the organisation that owns the fleet.")

    def values(self) -> dict[str, Any]:
        """Return the values as the services take them."""
        given = dict(self.cleaned_data)
        secret = given.pop("new_secret", "")
        if secret:
            given[secret_name(given)] = secret
        return given


def is_asked(given: dict[str, Any]) -> bool:
    """Say whether a person lets Atrium in, so that no secret is needed beforehand."""
    asked = {"", *(grant for grant, _ in ASKED_GRANTS)}
    return given.get("auth_method") == AuthMethod.OAUTH and given.get("oauth_grant") in asked


def secret_name(given: dict[str, Any]) -> str:
    """Return the field of the API that takes the secret of this way in."""
    if given.get("oauth_grant") == OAuthGrant.ACCESS_TOKEN:
        return "access_token"
    return SECRET_FIELD[given["auth_method"]]
