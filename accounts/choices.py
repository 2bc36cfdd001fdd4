"""Words that accounts stores."""

from django.db.models import TextChoices


class OrganisationRole(TextChoices):
    """What a B2B user may do in their organisation, from least to most."""

    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    ADMIN = "admin", "Admin"
    OWNER = "owner", "Owner"

    @property
    def rank(self) -> int:
        """Return the place in the order of roles; a higher role may all that a lower one may."""
        return list(OrganisationRole).index(self)

    def includes(self, other: "OrganisationRole") -> bool:
        """Say whether this role may all that the other may."""
        return self.rank >= other.rank


class Resolution(TextChoices):
    """The finest series that a consent lets an application read."""

    RAW = "raw", "Every reading"
    QUARTER_HOUR = "15m", "Quarter hours"
    HOUR = "1h", "Hours"
    DAY = "1d", "Days"
    MONTH = "1mo", "Months"

    @property
    def rank(self) -> int:
        """Return the place in the order from fine to coarse."""
        return _RANKS[self]

    def allows(self, asked: "Resolution") -> bool:
        """Say whether a series of the asked resolution is no finer than this one."""
        return asked.rank >= self.rank


# Asked for thousands of times by one answer over many devices.
_RANKS = {resolution: rank for rank, resolution in enumerate(Resolution)}


class ApplicationKind(TextChoices):
    """Whose an application is: a developer's or operator's program, or a gateway's own access."""

    CLIENT = "client", "Client"
    GATEWAY = "gateway", "Gateway"


class GrantType(TextChoices):
    """The OAuth grants that an application may use. Source: RFC 7591 section 2."""

    AUTHORIZATION_CODE = "authorization_code", "Authorization code with PKCE"
    REFRESH_TOKEN = "refresh_token", "Refresh token"
    CLIENT_CREDENTIALS = "client_credentials", "Client credentials"
    DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code", "Device code"


class AuditAction(TextChoices):
    """What was done to an object."""

    CREATED = "created", "Created"
    UPDATED = "updated", "Updated"
    DELETED = "deleted", "Deleted"
    READ = "read", "Read by staff"
    COMMANDED = "commanded", "Commanded"
    REVOKED = "revoked", "Revoked for misuse"
    LOCKED_OUT = "locked-out", "Locked out"
    SIGNED_OUT = "signed-out", "Signed out everywhere"


class InvitationKind(TextChoices):
    """What somebody is invited to."""

    ORGANISATION = "organisation", "Role in an organisation"
    SITE = "site", "Role at a site"
    OCCUPANCY = "occupancy", "Home"
    GRANT = "grant", "Part of a building"


class LetterKind(TextChoices):
    """Why we write to somebody."""

    REGISTRATION = "registration", "Registration"
    ACCOUNT_EXISTS = "account-exists", "There is an account already"
    VERIFICATION = "verification", "Confirm the address"
    PASSWORD_RESET = "password-reset", "Password reset"
    PASSWORD_CHANGED = "password-changed", "Password changed"
    ADDRESS_CHANGE = "address-change", "Confirm the new address"
    ADDRESS_CHANGED = "address-changed", "Address changed"
    INVITATION = "invitation", "Invitation"
    SECOND_FACTOR_ADDED = "second-factor-added", "Second factor added"
    SECOND_FACTOR_REMOVED = "second-factor-removed", "Second factor removed"
    RECOVERY_CODE_USED = "recovery-code-used", "Recovery code used"
