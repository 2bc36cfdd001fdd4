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
        return list(Resolution).index(self)

    def allows(self, asked: "Resolution") -> bool:
        """Say whether a series of the asked resolution is no finer than this one."""
        return asked.rank >= self.rank


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
