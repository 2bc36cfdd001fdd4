"""The first step of an operator: an organisation, its owner, and a client with every scope."""

from dataclasses import dataclass

from django.db import transaction

from accounts.choices import GrantType
from accounts.models import Application, Organisation, User
from accounts.scopes import OPENID, SCOPES
from accounts.services.applications import create_application
from accounts.services.organisations import create_organisation
from accounts.services.users import get_or_create_user


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """What was made, with the application's secret, which is not kept."""

    organisation: Organisation
    owner: User
    application: Application
    client_secret: str


@transaction.atomic
def bootstrap(*, organisation_name: str, email: str, password: str | None = None) -> Bootstrapped:
    """Make a new organisation, even if one of that name exists, with its owner and a client.

    A user who has the address already is reused as they are; a new one gets the password, if any.
    Raises: django's ValidationError, if the name or the address cannot be used.
    """
    owner = get_or_create_user(email=email)
    if password and not owner.has_usable_password():
        owner.set_password(password)
        owner.save(update_fields=["password"])
    organisation = create_organisation(name=organisation_name, owner=owner)
    application, secret = create_application(
        organisation=organisation,
        name=f"{organisation_name}: first application",
        scopes=[scope for scope in SCOPES if scope != OPENID],
        grant_types=[GrantType.CLIENT_CREDENTIALS],
    )
    return Bootstrapped(organisation, owner, application, secret)
