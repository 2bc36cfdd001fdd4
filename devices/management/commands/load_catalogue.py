"""`manage.py load_catalogue`: bring the shipped device types into the database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from devices.services.catalogue import load_catalogue
from devices.services.catalogue_files import CatalogueInvalid


class Command(BaseCommand):
    """Loads the catalogue; run it after every migration, as often as you like."""

    help = "Load the shipped device types; types in use are never deleted."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, or say what is wrong with the files."""
        try:
            loaded = load_catalogue()
        except CatalogueInvalid as fault:
            raise CommandError(str(fault)) from fault
        if options["verbosity"] > 0:
            self.stdout.write(
                f"{loaded.total} device types, {loaded.changed} written, {loaded.removed} removed, "
                f"{loaded.published} versions published"
            )
        for key in loaded.kept_in_use:
            self.stderr.write(f"{key} is no longer in the catalogue but still in use: kept")
