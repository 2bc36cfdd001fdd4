"""The tables of accounts, one module per noun."""

from accounts.models.audit import AuditEntry, AuditQuerySet
from accounts.models.consents import Consent
from accounts.models.keys import SigningKey
from accounts.models.letters import Invitation, Letter
from accounts.models.oauth import (
    AccessToken,
    Application,
    DeviceGrant,
    Grant,
    IDToken,
    RefreshToken,
)
from accounts.models.organisations import B2BUser, Organisation
from accounts.models.signin import Authenticator, RecoveryCode
from accounts.models.users import B2CUser, User

__all__ = [
    "AccessToken",
    "Application",
    "AuditEntry",
    "AuditQuerySet",
    "Authenticator",
    "B2BUser",
    "B2CUser",
    "Consent",
    "DeviceGrant",
    "Grant",
    "IDToken",
    "Invitation",
    "Letter",
    "Organisation",
    "RecoveryCode",
    "RefreshToken",
    "SigningKey",
    "User",
]
