"""The principal: what this request may do, worked out once and carried through every layer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from accounts.choices import OrganisationRole


@dataclass(frozen=True, slots=True)
class Principal:
    """Token scopes, consent and the caller's own rights, ready to be asked.

    ``organisation_roles`` maps each organisation in which the caller acts to their role there. A
    client-credentials token has no user and no consent; it acts as its organisation's admin.
    """

    scopes: frozenset[str] = frozenset()
    user_id: UUID | None = None
    application_id: UUID | None = None
    consent_id: UUID | None = None
    organisation_roles: Mapping[UUID, OrganisationRole] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """Return what rate limits and idempotency keys are counted by."""
        return f"{self.application_id or '-'}:{self.user_id or '-'}"

    def organisations(
        self, at_least: OrganisationRole = OrganisationRole.VIEWER
    ) -> tuple[UUID, ...]:
        """Return the organisations in which the caller holds that role or a higher one."""
        return tuple(
            organisation
            for organisation, role in self.organisation_roles.items()
            if role.includes(at_least)
        )

    def has_scope(self, scope: str) -> bool:
        """Say whether the token holds the scope."""
        return scope in self.scopes
