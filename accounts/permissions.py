"""The only permission classes of the platform: the scope of the token, the role of the caller."""

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import SAFE_METHODS, BasePermission

from accounts.choices import OrganisationRole
from config.lib.errors import RoleMissing, ScopeMissing

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """Allow an action only to callers who hold the scope it declares in ``required_scopes``.

    An action that maps to None is open to callers without a token (probes, activation).
    """

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        """Refuse the anonymous (401) and those without the scope (403, naming it)."""
        action = getattr(view, "action", None)
        if action in (None, "metadata"):
            return True
        scopes = getattr(view, "required_scopes", {})
        if action in scopes and scopes[action] is None:
            return True
        principal: Any = request.auth
        if principal is None:
            return False
        scope = scopes.get(action, "undeclared")
        if not principal.has_scope(scope):
            raise ScopeMissing(scope=scope)
        return True


class HasRole(BasePermission):
    """Allow a write to a visible object only to those whose role reaches it.

    The view's ``required_roles`` maps actions to organisation roles; a write needs an operator
    unless stated. Objects decide through ``changeable_by(principal, at_least=role)``; actions among
    the view's ``keepers_only`` through ``removable_by``: a grant is not enough for those. ``gates``
    maps an action to another gate of the noun: to operate asks for less than to change.
    """

    def has_object_permission(self, request: "Request", view: "APIView", obj: Any) -> bool:
        """Refuse a write by a caller whose role is too low (403, naming the role)."""
        roles = getattr(view, "required_roles", {})
        action = getattr(view, "action", "")
        if action not in roles and request.method in SAFE_METHODS:
            return True
        role = OrganisationRole(roles.get(action, OrganisationRole.OPERATOR))
        principal: Any = request.auth
        gate = type(obj).objects
        if action in (gates := getattr(view, "gates", {})):
            return self._passes(getattr(gate.all(), gates[action])(principal), obj, role=role)
        if obj.organisation_id in principal.organisations(role):
            return True
        rows = gate.changeable_by(principal, at_least=role)
        if action in getattr(view, "keepers_only", ()):
            rows = gate.all().removable_by(principal)
        return self._passes(rows, obj, role=role)

    def _passes(self, rows: Any, obj: Any, *, role: OrganisationRole) -> bool:
        if not rows.filter(pk=obj.pk).exists():
            raise RoleMissing(role=role.value)
        return True
