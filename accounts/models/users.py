"""People: the account that authenticates, and the end user tied to it."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from config.lib.models import BaseModel


class UserManager(BaseUserManager["User"]):
    """Makes users; e-mail addresses are kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user; without a password they can log in only after setting one."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user who may do everything in the admin site."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find the user who logs in, whatever the case they type."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin, BaseModel):
    """The account that authenticates, by e-mail address."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    locale = models.CharField(max_length=10, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    email_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Counts how often this person has signed out everywhere.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    audit_columns: ClassVar = {"subject_id": "pk"}

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_session_auth_hash(self) -> str:
        """Return what every session of this person carries; a new one ends them all."""
        return self._of_epoch(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield the same under the older keys that are still accepted."""
        yield from map(self._of_epoch, super().get_session_auth_fallback_hash())

    def _of_epoch(self, held: str) -> str:
        return f"{held}.{self.session_epoch}" if self.session_epoch else held

    def clean(self) -> None:
        """Keep the address in lower case, however it was typed."""
        super().clean()
        self.email = self.email.strip().lower()


class B2CUser(BaseModel):
    """An end user; acts at the sites where they are a member."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="b2c")

    class Meta:
        verbose_name = "B2C user"

    def __str__(self) -> str:
        return str(self.user)
