"""OAuth applications of an organisation; a secret is handed out once and kept as a digest."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from oauth2_provider.generators import generate_client_secret

from accounts.choices import GrantType
from accounts.models import AccessToken, Application, Organisation, RefreshToken
from accounts.principals import Principal
from accounts.scopes import OPENID, SCOPES
from accounts.signals import application_created, application_deleted, application_updated
from accounts.tenancy import refuse_cut
from config.lib.errors import ScopeMissing


def check_reach(principal: Principal, scopes: Iterable[str]) -> None:
    """Refuse to hand out, by an application or its secret, more than the caller's token holds.

    Raises: ConsentLimited; ScopeMissing, naming the first scope that the caller lacks.
    """
    refuse_cut(principal)
    lacking = sorted(
        scope
        for scope in scopes
        if scope in SCOPES and scope != OPENID and not principal.has_scope(scope)
    )
    if lacking:
        raise ScopeMissing(scope=lacking[0])


@transaction.atomic
def create_application(
    *, organisation: Organisation, name: str, **fields: Any
) -> tuple[Application, str]:
    """Make an application and return it with its secret, which is not kept in plain.

    Without ``grant_types`` it is an organisation's own client (client credentials). A public
    client gets no secret: the text returned is empty.
    Raises: django's ValidationError, for an unknown scope, an unusable redirect address or a grant
    that the kind of client cannot use.
    """
    fields.setdefault("client_type", Application.CLIENT_CONFIDENTIAL)
    fields.setdefault("grant_types", [GrantType.CLIENT_CREDENTIALS])
    application = Application(organisation=organisation, name=name, **fields)
    return application, register(application=application)


@transaction.atomic
def register(*, application: Application) -> str:
    """Save a new application under a new secret and return the secret, which is not kept."""
    secret = generate_client_secret()
    application.client_secret = secret
    application.full_clean()
    application.save()
    application_created.send(sender=Application, application=application)
    return secret if application.is_confidential else ""


@transaction.atomic
def update_application(*, application: Application, **changes: Any) -> Application:
    """Change what the application is called, is for, may ask for and returns to.

    Tokens are cut to the application's scopes at each request, so that narrowing works at once.
    Raises: django's ValidationError, as for a new application.
    """
    for field, value in changes.items():
        setattr(application, field, value)
    application.full_clean(exclude=["client_secret"])
    application.save(update_fields=[*changes, "updated"])
    application_updated.send(sender=Application, application=application)
    return application


@transaction.atomic
def rotate_secret(*, application: Application) -> str:
    """Give the application a new secret and return it; the old one ends at once, as do tokens."""
    secret = generate_client_secret()
    application.client_secret = secret
    application.save(update_fields=["client_secret", "updated"])
    AccessToken.objects.filter(application=application).delete()
    RefreshToken.objects.filter(application=application).delete()
    application_updated.send(sender=Application, application=application)
    return secret


@transaction.atomic
def delete_application(*, application: Application) -> None:
    """Delete the application with its consents and tokens."""
    application_deleted.send(sender=Application, application=application)
    application.delete()
