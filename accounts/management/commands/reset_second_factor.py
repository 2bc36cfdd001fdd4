"""``manage.py reset_second_factor EMAIL``: for when nobody of the staff can come in any more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services.passwords import end_sessions
from accounts.services.second_factor import remove_second_factor
from accounts.services.users import find_user


class Command(BaseCommand):
    """Remove a lost second factor; the user is told by letter."""

    help = "Remove a user's second factor and end their sessions. It is audited and told to them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the e-mail address."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove it; end with an error if there is nothing to remove."""
        user = find_user(email=options["email"])
        if user is None:
            raise CommandError(f"There is no user {options['email']}.")
        if not remove_second_factor(user=user):
            raise CommandError(f"{user.email} has no second factor.")
        end_sessions(user=user)
        self.stdout.write(f"{user.email} logs in by the password alone now.")
