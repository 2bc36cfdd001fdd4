"""``manage.py up``: the whole platform in one terminal, or its services for one command."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from config.up.stack import run


class Command(BaseCommand):
    """Start PostgreSQL, Valkey, migrations, worker, beat and web, and stay until told to stop."""

    help = (
        "Run the platform until Ctrl-C. With `-- COMMAND ...` start PostgreSQL and Valkey alone, "
        "run the command and return its exit code."
    )
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take everything behind ``--`` as the command."""
        parser.add_argument("words", nargs="*", metavar="COMMAND", help="what to run, after --")

    def handle(self, *args: object, words: list[str], **options: object) -> None:
        """Run, and leave with the exit code."""
        raise SystemExit(run(command=words))
