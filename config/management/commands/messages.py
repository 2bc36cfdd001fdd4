"""``manage.py messages``: bring the translations up to date with the source, and compile them."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import translations


class Command(BaseCommand):
    """Find what the pages say, merge it into each language's .po, compile the .mo."""

    help = "Collect the texts of the pages into locale/*/LC_MESSAGES/django.po and compile them."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Write every catalogue; end with an error that lists what has no translation yet."""
        missing = []
        for app in translations.APPS:
            for language in translations.languages():
                catalogue = translations.write(settings.BASE_DIR / app, language)
                found = list(translations.faults_of(catalogue))
                missing += [f"{app}/{language}: {fault}" for fault in found]
                self.stdout.write(f"{app}/{language}: {len(catalogue)} texts, {len(found)} to do")
        if missing:
            raise CommandError("\n".join(["Translate these, then run this again:", *missing]))
