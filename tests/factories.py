"""Who there is in tests: organisations, people, applications and their living tokens.

Each factory takes overrides by keyword and fills in the fewest defaults. What belongs to another
app has its factories in ``tests/<app>/factories.py``.
"""

import itertools
from datetime import timedelta
from typing import Any

from django.utils import timezone
from oauth2_provider.models import set_token_value

from accounts.choices import GrantType, OrganisationRole
from accounts.models import AccessToken, Application, B2BUser, B2CUser, Consent, Organisation, User
from accounts.principals import Principal
from accounts.scopes import SCOPES
from config.lib.secrets import make_token

PASSWORD = "correct horse battery staple"
CLIENT_SECRET = "meter-app-secret-0123456789-0123456789-0123456789-0123456789-0123"
REDIRECT_URI = "https://app.example.org/callback"
ALL_SCOPES = tuple(SCOPES)
_numbers = itertools.count(1)


def make_organisation(**overrides: Any) -> Organisation:
    """Make an organisation with a name of its own."""
    return Organisation.objects.create(**{"name": f"Organisation {next(_numbers)}", **overrides})


def make_user(**overrides: Any) -> User:
    """Make a user with the password PASSWORD and no role anywhere."""
    fields = {"email": f"user{next(_numbers)}@example.org", "password": PASSWORD, **overrides}
    return User.objects.create_user(**fields)


def make_member(organisation: Organisation, *, role: str, **overrides: Any) -> User:
    """Make a user who acts in the organisation with that role."""
    user = make_user(**overrides)
    B2BUser.objects.create(user=user, organisation=organisation, role=role)
    return user


def make_b2c_user(**overrides: Any) -> User:
    """Make an end user; a home of theirs is made by twin's factories."""
    user = make_user(**overrides)
    B2CUser.objects.create(user=user)
    return user


def make_application(organisation: Organisation, **overrides: Any) -> Application:
    """Make a confidential client with the secret CLIENT_SECRET and every scope."""
    fields: dict[str, Any] = {
        "name": f"Application {next(_numbers)}",
        "client_type": Application.CLIENT_CONFIDENTIAL,
        "client_secret": CLIENT_SECRET,
        "grant_types": list(GrantType),
        "redirect_uris": REDIRECT_URI,
        "scopes": list(ALL_SCOPES),
        **overrides,
    }
    return Application.objects.create(organisation=organisation, **fields)


def make_consent(user: User, application: Application, **overrides: Any) -> Consent:
    """Make a living consent to every scope of the application."""
    fields = {"scopes": list(application.scopes), **overrides}
    return Consent.objects.create(user=user, application=application, **fields)


def make_access_token(
    application: Application,
    *,
    consent: Consent | None = None,
    scopes: tuple[str, ...] = ALL_SCOPES,
    lives_s: int = 3600,
) -> str:
    """Make a real token, stored as a digest, and return its text.

    With a consent it is the token of the consent's user, else of the application itself.
    """
    text = make_token()
    token = AccessToken(
        application=application,
        user=consent.user if consent else None,
        consent=consent,
        scope=" ".join(scopes),
        expires=timezone.now() + timedelta(seconds=lives_s),
    )
    set_token_value(token, text)
    token.save()
    return text


def make_token_for(who: User | Application, *, scopes: tuple[str, ...] = ALL_SCOPES) -> str:
    """Make a token of an application for itself, or of a user through some application."""
    if isinstance(who, Application):
        return make_access_token(who, scopes=scopes)
    consent = Consent.objects.filter(user=who, revoked_at=None).first()
    if consent is None:
        consent = make_consent(who, make_application(make_organisation()))
    return make_access_token(consent.application, consent=consent, scopes=scopes)


def make_principal(
    organisation: Organisation | None = None,
    *,
    role: str = OrganisationRole.ADMIN,
    user: User | None = None,
    scopes: tuple[str, ...] = ALL_SCOPES,
) -> Principal:
    """Make what a request may do, for tests that call a gate or a service without HTTP."""
    roles = {organisation.pk: OrganisationRole(role)} if organisation else {}
    user_id = user.pk if user else None
    return Principal(frozenset(scopes), user_id=user_id, organisation_roles=roles)
