"""``manage.py rotate_oidc_key``: let a new key sign ID tokens."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.services.signing import KNOWN_FOR, rotate_key


class Command(BaseCommand):
    """Let a new key sign ID tokens; the first key is made by itself when it is needed."""

    help = (
        "Make a new key that signs ID tokens from now on. The old one stays in the published key "
        "set until the tokens it signed have expired. Safe to run while requests are served."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, and say what signs now."""
        key = rotate_key()
        minutes = int(KNOWN_FOR.total_seconds() // 60)
        self.stdout.write(f"{key.kid} signs ID tokens now. The old key is known for {minutes} min.")
