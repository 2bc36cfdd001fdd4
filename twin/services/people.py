"""Find the person whom a body names, or invite them by e-mail; check who gives access."""

from uuid import UUID

from accounts.choices import OrganisationRole
from accounts.models import User
from accounts.principals import Principal
from accounts.services.users import get_or_create_user
from config.lib.errors import RoleMissing
from twin.errors import invalid_field
from twin.models import Grant, SiteMember


def person(*, user: UUID | None = None, email: str = "") -> User:
    """Return the named user; an e-mail address that is unknown makes an account to be claimed.

    Whether the address was known before is told to nobody but its owner.
    Raises: InvalidInput, if neither or both are given, or there is no such user.
    """
    if (user is None) == (not email):
        raise invalid_field("email", "required", "Name the person by `email` or by `user`.")
    if user is None:
        return get_or_create_user(email=email)
    found = User.objects.filter(pk=user, is_active=True).first()
    if found is None:
        raise invalid_field("user", "unknown-user", f"There is no user {user}.")
    return found


def check_keeper(row: SiteMember | Grant, principal: Principal) -> None:
    """Refuse to change somebody else's access unless one manages the place.

    Raises: RoleMissing.
    """
    role = OrganisationRole.ADMIN
    if not type(row).objects.changeable_by(principal, at_least=role).filter(pk=row.pk).exists():
        raise RoleMissing(role=role.value)
