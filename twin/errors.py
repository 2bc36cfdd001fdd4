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
    message = (
        "{devices} devices and {people} people are still in this space or below it. Say in "
        "`move_to` where they go, or place them elsewhere first."
    )

    def __init__(self, *, devices: int = 0, people: int = 0) -> None:
        super().__init__(devices=devices, people=people)


class SpaceGone(DomainError):
    """The space, or its site, was deleted while the request waited for its turn."""

    slug = "space-gone"
    title = "The space is gone"
    status = HTTPStatus.NOT_FOUND
    message = "It was deleted by somebody else a moment ago."


class AccessWouldWiden(DomainError):
    """Somebody with a right to the one space would see what stood in the other."""

    slug = "access-would-widen"
    title = "Somebody would see more than they were given"
    status = HTTPStatus.CONFLICT
    message = (
        "{rights} grants or occupancies open the space that stays and not the one that goes into "
        "it. End them first, or give the same on both."
    )


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


class PeriodLived(DomainError):
    """Somebody else lives there, and the time until now is theirs."""

    slug = "period-lived"
    title = "The time is somebody else's"
    status = HTTPStatus.CONFLICT
    message = "Somebody else has lived here in that time. Start now or later; they are told of it."


class EditOvertaken(DomainError):
    """Somebody else changed what was about to be edited, after the editor was shown it."""

    slug = "edit-overtaken"
    title = "Somebody else was quicker"
    status = HTTPStatus.CONFLICT
    message = "This was changed while you were looking at it. Look at it as it is now, then decide."

    def __init__(self, news: list[str]) -> None:
        super().__init__(news=news)


class PlanOutdated(DomainError):
    """The building has changed since the plan was made."""

    slug = "plan-outdated"
    title = "The building has moved on"
    status = HTTPStatus.CONFLICT
    message = "The building has changed since this plan was made: {what}. Make a new plan."


class PlanApplied(DomainError):
    """The plan was applied before."""

    slug = "plan-applied"
    title = "The plan is applied already"
    status = HTTPStatus.CONFLICT
    message = "This plan was applied at {applied_at}. To change the building again, make a new one."


class PlanExpired(DomainError):
    """The plan is too old to be applied."""

    slug = "plan-expired"
    title = "The plan has expired"
    status = HTTPStatus.CONFLICT
    message = "This plan could be applied until {expired_at}. Make a new one."


class PlanRefused(DomainError):
    """The plan holds refusals: conflicts without a choice, or removals of what is in use."""

    slug = "plan-refused"
    title = "The plan cannot be applied"
    status = HTTPStatus.CONFLICT
    message = "The plan has refusals ({refused}). Make a new one with choices, or mend them first."


class PlanNotUndoable(DomainError):
    """Something newer depends on what the plan made, or the plan was never applied."""

    slug = "plan-not-undoable"
    title = "The plan cannot be undone"
    status = HTTPStatus.CONFLICT
    message = "This plan cannot be undone: {what}."


class UpgradeOver(DomainError):
    """The upgrade has ended; it neither pauses nor goes on."""

    slug = "upgrade-over"
    title = "The upgrade is over"
    status = HTTPStatus.CONFLICT
    message = "This upgrade is {current}. Start a new one for the sites that are left."


class ExtraNotInstalled(DomainError):
    """An optional package is missing that this needs; whoever runs the platform can add it."""

    slug = "extra-not-installed"
    title = "This needs a package that is not installed"
    status = HTTPStatus.NOT_IMPLEMENTED
    message = "{problem}. Ask whoever runs this platform."
