"""The catalogue of scopes: what a token may be limited to, each in one sentence for people."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from oauth2_provider.scopes import BaseScopes

# Identifies a person and opens nothing: without a user it means nothing.
OPENID: Final = "openid"

SCOPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        OPENID: _("Recognise you when you log in with your Atrium account."),
        "profile": _("See who you are: your name, e-mail address and roles."),
        "sites:read": _("See your buildings, their spaces and views."),
        "sites:write": _("Create, change and delete buildings, spaces and views."),
        "members:read": _("See who has access to your organisation and buildings."),
        "members:write": _("Give and take away access to your organisation and buildings."),
        "templates:read": _("See topology templates."),
        "templates:write": _("Create, publish and deprecate topology templates."),
        "catalogue:read": _("See the catalogue of device types."),
        "catalogue:write": _("Add and change device types of your organisation."),
        "fleets:read": _("See your fleets and declared assets."),
        "fleets:write": _("Create fleets and declare assets."),
        "devices:read": _("See your devices and their present state."),
        "devices:write": _("Add, place, configure and remove devices."),
        "devices:control": _("Operate your devices: switch, open, set."),
        "readings:read": _("Read what your devices have measured."),
        "readings:write": _("Send measured values of your devices."),
        "alarms:read": _("See alarms and their rules."),
        "alarms:write": _("Set alarm rules and acknowledge alarms."),
        "connections:read": _("See connections to metering clouds and their condition."),
        "connections:write": _("Connect and disconnect metering clouds."),
        "events:read": _("Follow what changes in your buildings."),
        "webhooks:read": _("See webhooks and their deliveries."),
        "webhooks:write": _("Set up webhooks."),
        "consents:write": _("Narrow and withdraw what applications may see."),
        "applications:write": _("Manage the applications of your organisation."),
        "audit:read": _("Read the audit log and explain who may see what."),
    }
)
DEFAULT_USER_SCOPES: Final = ("profile",)
# What a client that asks for it always gets: OpenID Connect's word for logging in at all.
ALWAYS_GRANTED: Final = frozenset({OPENID})
# What is about no place, and what tells of a time: the consent page asks no more than it must.
WITHOUT_PLACES: Final = frozenset(
    {OPENID, "profile", "consents:write", "applications:write", "catalogue:read"}
)
WITH_SERIES: Final = frozenset(
    {"readings:read", "devices:read", "devices:control", "alarms:read", "events:read"}
)


def sentence_of(scope: str) -> str:
    """Return what a scope means, in the reader's language; one that is gone speaks for itself."""
    return gettext(SCOPES[scope]) if scope in SCOPES else scope


class CatalogueScopes(BaseScopes):
    """Tell django-oauth-toolkit which scopes exist and which an application may ask for."""

    def get_all_scopes(self) -> dict[str, str]:
        """Return the whole catalogue."""
        return dict(SCOPES)

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return the scopes that the application may ever ask for; all, where none is named."""
        scopes = [scope for scope in SCOPES if application is None or scope in application.scopes]
        if getattr(request, "grant_type", "") == "client_credentials":
            return [scope for scope in scopes if scope != OPENID]
        return scopes

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return what a request without ``scope`` gets.

        All the application may have for its own client credentials; for a user, the profile alone.
        """
        available = self.get_available_scopes(application, request)
        if getattr(request, "grant_type", "") == "client_credentials":
            return available
        return [scope for scope in DEFAULT_USER_SCOPES if scope in available]
