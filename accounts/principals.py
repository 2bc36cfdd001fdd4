"""The principal: what this request may do, worked out once and carried through every layer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.choices import OrganisationRole, Resolution


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    """What the consent behind a token leaves of its user's rights.

    ``is_limited`` says that it covers chosen nodes of the graph only (twin keeps which); if none
    of them is left, it covers nothing.
    """

    id: UUID
    history_from: datetime | None = None
    resolution: Resolution = Resolution.RAW
    is_limited: bool = False


@dataclass(frozen=True, slots=True)
class Principal:
    """Token scopes, consent and the caller's own rights, ready to be asked.

    ``organisation_roles`` maps each organisation in which the caller acts to their role there. A
    client-credentials token has no user and no consent; it acts as its organisation's admin.
    A gateway's token has neither: it acts as that gateway alone, and in no organisation.
    ``memo`` holds what higher layers have worked out for this principal, so that they do so once:
    a principal lives as long as its request, no longer.
    """

    scopes: frozenset[str] = frozenset()
    user_id: UUID | None = None
    application_id: UUID | None = None
    organisation_roles: Mapping[UUID, OrganisationRole] = field(default_factory=dict)
    terms: ConsentTerms | None = None
    is_gateway: bool = False
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def consent_id(self) -> UUID | None:
        """Return the consent that the token belongs to."""
        return self.terms.id if self.terms else None

    @property
    def is_limited(self) -> bool:
        """Say whether the consent covers chosen nodes only, and nothing beside them."""
        return self.terms is not None and self.terms.is_limited

    @property
    def is_cut(self) -> bool:
        """Say whether the consent leaves less than its user may see: places, past or fineness."""
        terms = self.terms
        if terms is None:
            return False
        return bool(terms.is_limited or terms.history_from or terms.resolution != Resolution.RAW)

    @property
    def identity(self) -> str:
        """Return what rate limits and idempotency keys are counted by."""
        return f"{self.application_id or '-'}:{self.user_id or '-'}"

    def organisations(
        self, at_least: OrganisationRole = OrganisationRole.VIEWER
    ) -> tuple[UUID, ...]:
        """Return the organisations in which the caller holds that role or a higher one.

        None through a limited consent: what belongs to the organisation as a whole is no node that
        the user chose. The gates of what is inside sites ask twin's reach instead.
        """
        if self.is_limited:
            return ()
        return tuple(
            organisation
            for organisation, role in self.organisation_roles.items()
            if role.includes(at_least)
        )

    def has_scope(self, scope: str) -> bool:
        """Say whether the token holds the scope."""
        return scope in self.scopes
