"""A gateway's own access: credentials given by activation, rotated, revoked.

The access is an OAuth client (client credentials) that acts as that gateway alone.
"""

from typing import Final, NamedTuple

from django.db import transaction

from accounts.choices import ApplicationKind
from accounts.models import Application
from accounts.services.applications import create_application, rotate_secret
from devices.choices import AssetRole
from devices.errors import AssetInUse, CredentialsMissing
from devices.models import Gateway
from devices.services.claims import spend_code
from devices.services.credentials import end_credentials
from devices.services.gateways import create_gateway
from devices.signals import gateway_updated

# What a gateway does: sends what its devices measured, works off their commands, and sees itself,
# them and their types.
GATEWAY_SCOPES: Final = (
    *("catalogue:read", "devices:read", "devices:control", "readings:read", "readings:write"),
)
CHANGED: Final = ["credentials"]


class Credentials(NamedTuple):
    """What a gateway logs in with; the secret is in this answer and never again."""

    gateway: Gateway
    client_id: str
    client_secret: str


@transaction.atomic
def activate_gateway(*, serial: str, claim_code: str) -> Credentials:
    """Give the gateway of that serial and claim code credentials of its own.

    A declared asset comes into use by it. A gateway that is in use without credentials, say from
    an import, keeps its name and place.
    Raises: as `spend_code`; AssetInUse, if the gateway has credentials.
    Source: docs/contract.md, "Gateways".
    """
    asset = spend_code(serial=serial, claim_code=claim_code, role=AssetRole.GATEWAY)
    known = Gateway.objects.select_for_update().filter(asset=asset).first()
    if known is not None and known.has_credentials:
        raise AssetInUse(asset=str(asset.pk))
    return _issue(known or create_gateway(asset=asset))


def _issue(gateway: Gateway) -> Credentials:
    application, secret = create_application(
        organisation=gateway.asset.organisation,
        name=f"Gateway {gateway.asset.serial}",
        kind=ApplicationKind.GATEWAY,
        scopes=list(GATEWAY_SCOPES),
    )
    gateway.application = application
    gateway.save(update_fields=["application", "updated_at"])
    gateway_updated.send(sender=Gateway, gateways=[gateway], fields=CHANGED)
    return Credentials(gateway, application.client_id, secret)


def _locked(gateway: Gateway) -> tuple[Gateway, Application]:
    """Return the gateway as it is now, locked, and its credentials.

    Raises: CredentialsMissing.
    """
    found = Gateway.objects.select_for_update().get(pk=gateway.pk)
    if found.application is None:
        raise CredentialsMissing(gateway=str(gateway.pk))
    return found, found.application


@transaction.atomic
def rotate_credentials(*, gateway: Gateway) -> Credentials:
    """Give the gateway a new secret; the old one and all its tokens end at once.

    Raises: CredentialsMissing.
    """
    gateway, application = _locked(gateway)
    secret = rotate_secret(application=application)
    gateway_updated.send(sender=Gateway, gateways=[gateway], fields=CHANGED)
    return Credentials(gateway, application.client_id, secret)


@transaction.atomic
def revoke_credentials(*, gateway: Gateway) -> None:
    """Take the gateway's credentials away; only a new claim code brings others.

    Raises: CredentialsMissing.
    """
    gateway, _ = _locked(gateway)
    end_credentials([gateway])
    gateway_updated.send(sender=Gateway, gateways=[gateway], fields=CHANGED)
