"""What can stand in the way of who: accounts' kinds of error."""

from http import HTTPStatus

from config.lib.errors import DomainError, InvalidInput


class OrganisationRequired(InvalidInput):
    """The body must name an organisation of the caller."""

    def __init__(self) -> None:
        super().__init__([("#/organisation", "required", "Name an organisation in which you act.")])


class LastOwner(DomainError):
    """The organisation would be left without an owner."""

    slug = "last-owner"
    title = "An organisation keeps at least one owner"
    status = HTTPStatus.CONFLICT
    message = "This is the last owner. Make somebody else owner first."


class AlreadyMember(DomainError):
    """The user is a member of the organisation already."""

    slug = "already-member"
    title = "The user is a member already"
    status = HTTPStatus.CONFLICT
    message = "{email} is a member already. Change the membership instead."


class ConsentMissing(DomainError):
    """The user has not consented to what the application asks for, or not any more."""

    slug = "consent-missing"
    title = "There is no living consent"
    status = HTTPStatus.FORBIDDEN
    message = "The user's consent to this application is missing, expired or withdrawn."
