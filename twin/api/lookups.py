"""Find what a body or a path names: visible, or it does not exist; changeable, or refused."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404

from accounts.choices import OrganisationRole
from accounts.principals import Principal
from config.lib.errors import RoleMissing
from twin.errors import invalid_field
from twin.models import View


def named_in_body(
    objects: Any, key: UUID, *, field: str, principal: Principal, for_change: bool = False
) -> Any:
    """Return the object of that id from a noun's manager.

    Raises: InvalidInput, pointing at the field, if it is not visible; RoleMissing, if it is to be
    changed and the caller's role does not allow that.
    """
    found = objects.visible_to(principal).filter(pk=key).first()
    if found is None:
        label = objects.model._meta.verbose_name
        raise invalid_field(field, f"unknown-{field}", f"There is no {label} {key}, for you.")
    if for_change and not objects.changeable_by(principal).filter(pk=key).exists():
        raise RoleMissing(role=OrganisationRole.OPERATOR.value)
    return found


def view_in_path(principal: Principal, key: UUID) -> View:
    """Return the view of a path, if it is visible.

    Raises: Http404.
    """
    return get_object_or_404(View.objects.visible_to(principal), pk=key)
