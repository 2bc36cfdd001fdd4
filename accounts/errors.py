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


class ConsentLimited(DomainError):
    """The consent shows less than its user may see."""

    slug = "consent-limited"
    title = "The consent covers a part only"
    status = HTTPStatus.FORBIDDEN
    message = (
        "This token's consent shows less than its user may see: through it nobody is given access, "
        "and nothing is made outside of the chosen places."
    )


class ConsentOver(DomainError):
    """The consent was withdrawn, or its time is over."""

    slug = "consent-over"
    title = "The consent is over"
    status = HTTPStatus.CONFLICT
    message = "This consent was withdrawn or has expired; there is nothing left of it to change."


class ConsentWidened(DomainError):
    """The change would let the application do or see more than the user has agreed to."""

    slug = "consent-widened"
    title = "A consent is only ever narrowed here"
    status = HTTPStatus.FORBIDDEN
    message = "This would widen {terms}. Only the user can, on the consent page of the application."


class AddressTaken(DomainError):
    """The e-mail address belongs to another account."""

    slug = "address-taken"
    title = "The e-mail address belongs to another account"
    status = HTTPStatus.CONFLICT
    message = "This e-mail address belongs to another account. Log in there, or use another one."
