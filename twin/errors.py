"""What can stand in the way of where: twin's kinds of error."""

from collections.abc import Iterable
from http import HTTPStatus

from config.lib.errors import DomainError, InvalidInput
from twin.definitions.findings import Finding


class SiteOccupied(DomainError):
    """Something is still in the site that must be removed or placed elsewhere first."""

    slug = "site-occupied"
    title = "The site is not empty"
    status = HTTPStatus.CONFLICT
    message = "{devices} devices are still in this site. Remove them or place them elsewhere."


class SpaceOccupied(DomainError):
    """Something is still in the space, or below it."""

    slug = "space-occupied"
    title = "The space is not empty"
    status = HTTPStatus.CONFLICT
    message = "{devices} devices are still in this space or below it. Place them elsewhere first."


class TemplateKeyTaken(DomainError):
    """The organisation, or Atrium itself, has a template of that key."""

    slug = "template-key-taken"
    title = "The template exists"
    status = HTTPStatus.CONFLICT
    message = "There is a template {key!r}. Add a version to it, or choose another key."


class TemplateVersionFixed(DomainError):
    """A version that was published never changes again."""

    slug = "template-version-fixed"
    title = "The version is published"
    status = HTTPStatus.CONFLICT
    message = "{version} is {current}: its definition never changes. Add a version instead."


class TemplateStatusRefused(DomainError):
    """A version's status only moves on: draft, published, deprecated."""

    slug = "template-status-refused"
    title = "The status only moves on"
    status = HTTPStatus.CONFLICT
    message = "{version} is {current} and cannot become {wanted}."


class RelationshipExists(DomainError):
    """The same edge is there already."""

    slug = "relationship-exists"
    title = "The relationship exists"
    status = HTTPStatus.CONFLICT
    message = "These two are joined by {kind!r} already."


def invalid(findings: Iterable[Finding], *, below: str = "") -> InvalidInput:
    """Return the refusal of an input for the findings of the definition format.

    Args: ``below`` is the member of the body that the findings' pointers start from.
    """
    prefix = f"#/{below}" if below else "#"
    return InvalidInput(
        (prefix + one.pointer.removeprefix("#"), one.code, one.detail) for one in findings
    )


def invalid_field(name: str, code: str, detail: str) -> InvalidInput:
    """Return the refusal of one member of the body."""
    return InvalidInput([(f"#/{name}", code, detail)])


class ThereAlready(DomainError):
    """The person is there already for a part of that time."""

    slug = "there-already"
    title = "The person is there already"
    status = HTTPStatus.CONFLICT
    message = "{email} is there already from {since} until {until}. Change that, or end it first."


class OccupancyOver(DomainError):
    """The occupancy has ended; its period is sealed."""

    slug = "occupancy-over"
    title = "The occupancy has ended"
    status = HTTPStatus.CONFLICT
    message = "This occupancy ended at {ended_at}. Its period never changes again."


class PeriodSealed(DomainError):
    """Somebody else lived there in that time, and their period is sealed."""

    slug = "period-sealed"
    title = "The period is sealed"
    status = HTTPStatus.CONFLICT
    message = (
        "Somebody lived here until {until}, and nobody can be added to their time. Start then."
    )


class ConsentLimited(DomainError):
    """The consent covers chosen places only."""

    slug = "consent-limited"
    title = "The consent covers chosen places only"
    status = HTTPStatus.FORBIDDEN
    message = "This token's consent is limited to chosen places; nothing is made outside of them."
