"""``manage.py load_templates``: load the topology templates that ship with Atrium."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.lib.errors import InvalidInput
from twin.services.catalogue import ShippedVersionChanged, load_shipped_templates


class Command(BaseCommand):
    """Load what ships; safe to run at every start."""

    help = "Load the topology templates that ship with Atrium. Versions already there are kept."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and tell what is new."""
        try:
            loaded = load_shipped_templates()
        except ShippedVersionChanged as error:
            raise CommandError(str(error)) from error
        except InvalidInput as error:
            lines = [f"{one.pointer}: {one.detail}" for one in error.findings]
            raise CommandError("\n".join(["A shipped template is not valid:", *lines])) from error
        for one in loaded:
            self.stdout.write(f"{one.reference}: {'loaded' if one.is_new else 'already there'}")
