"""``manage.py prepare``: bring the database up to date with the code, before anything serves."""

import time

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connection

# In this order, once the tables are there. Each is safe to run again.
SETUP_COMMANDS = ("load_templates", "load_catalogue")
LOCK = 0x41545249  # "ATRI": any number that every process of a deployment agrees on


class Command(BaseCommand):
    """Migrate and load the shipped templates and device types."""

    help = "Migrate the database and load what is shipped. Safe to run at every start."
    requires_system_checks = []

    def handle(self, *args: object, **options: object) -> None:
        """Prepare under an advisory lock, as several containers may start at once."""
        began = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            call_command("migrate", interactive=False, verbosity=0)
            for name in SETUP_COMMANDS:
                if name in get_commands():
                    call_command(name, verbosity=0)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        self.stdout.write(f"database up to date after {time.monotonic() - began:.1f} s")
