"""The catalogue of scopes: what a token may be limited to, each in one sentence for people."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from oauth2_provider.scopes import BaseScopes

SCOPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "profile": "See who you are: your name, e-mail address and roles.",
        "sites:read": "See your buildings, their spaces and views.",
        "sites:write": "Create, change and delete buildings, spaces and views.",
        "members:read": "See who has access to your organisation and buildings.",
        "members:write": "Give and take away access to your organisation and buildings.",
        "templates:read": "See topology templates.",
        "templates:write": "Create, publish and deprecate topology templates.",
        "catalogue:read": "See the catalogue of device types.",
        "catalogue:write": "Add and change device types of your organisation.",
        "fleets:read": "See your fleets and declared assets.",
        "fleets:write": "Create fleets and declare assets.",
        "devices:read": "See your devices and their present state.",
        "devices:write": "Add, place, configure and remove devices.",
        "devices:control": "Operate your devices: switch, open, set.",
        "readings:read": "Read what your devices have measured.",
        "readings:write": "Send measured values of your devices.",
        "alarms:read": "See alarms and their rules.",
        "alarms:write": "Set alarm rules and acknowledge alarms.",
        "connections:read": "See connections to metering clouds and their condition.",
        "connections:write": "Connect and disconnect metering clouds.",
        "events:read": "Follow what changes in your buildings.",
        "webhooks:read": "See webhooks and their deliveries.",
        "webhooks:write": "Set up webhooks.",
        "consents:write": "Narrow and withdraw what applications may see.",
        "applications:write": "Manage the applications of your organisation.",
        "audit:read": "Read the audit log and explain who may see what.",
    }
)
DEFAULT_USER_SCOPES: Final = ("profile",)


class CatalogueScopes(BaseScopes):
    """Tell django-oauth-toolkit which scopes exist and which an application may ask for."""

    def get_all_scopes(self) -> dict[str, str]:
        """Return the whole catalogue."""
        return dict(SCOPES)

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return the scopes that the application may ever ask for; all, where none is named."""
        return [scope for scope in SCOPES if application is None or scope in application.scopes]

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
