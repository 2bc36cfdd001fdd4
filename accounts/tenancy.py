"""The gate's common part: rows of an organisation are visible to those who act in it."""

from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from accounts.choices import OrganisationRole
from accounts.errors import ConsentLimited, OrganisationRequired
from accounts.principals import Principal
from config.lib.errors import RoleMissing


class TenantQuerySet(models.QuerySet[Any]):
    """Rows with an ``organisation``: the one gate ``visible_to``, and ``changeable_by``.

    A noun that others than its organisation may see overrides ``visible_condition`` (and
    ``changeable_condition``); both must be expressions that an index serves.
    """

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a row visible."""
        return Q(organisation__in=principal.organisations())

    def changeable_condition(self, principal: Principal, at_least: OrganisationRole) -> Q:
        """Return what makes a row changeable for the caller's role."""
        return Q(organisation__in=principal.organisations(at_least))

    def visible_to(self, principal: Principal) -> Self:
        """Return the rows that the caller may see; all else does not exist for them."""
        return self.filter(self.visible_condition(principal))

    def changeable_by(
        self, principal: Principal, *, at_least: OrganisationRole = OrganisationRole.OPERATOR
    ) -> Self:
        """Return the rows that the caller may change."""
        return self.filter(self.changeable_condition(principal, at_least))


def refuse_cut(principal: Principal) -> None:
    """Refuse to give others access through a consent that shows less than its user may see: what
    they were given would outgrow the consent, in place, past and fineness, and outlive it.

    Raises: ConsentLimited.
    """
    if principal.is_cut:
        raise ConsentLimited()


def acting_organisation(
    principal: Principal,
    given: UUID | None,
    *,
    at_least: OrganisationRole = OrganisationRole.OPERATOR,
) -> UUID:
    """Return the organisation in which something is made: the given one, else the only one.

    Raises: OrganisationRequired, if it is not given and not plain, or is none of the caller's.
    RoleMissing, if the caller's role there is too low.
    """
    own = principal.organisations()
    if given is None and len(own) == 1:
        given = own[0]
    if given is None or given not in own:
        raise OrganisationRequired()
    if given not in principal.organisations(at_least):
        raise RoleMissing(role=at_least.value)
    return given
