"""What can stand in the way of who: accounts' kinds of error."""

from config.lib.errors import InvalidInput


class OrganisationRequired(InvalidInput):
    """The body must name an organisation of the caller."""

    def __init__(self) -> None:
        super().__init__([("#/organisation", "required", "Name an organisation in which you act.")])
