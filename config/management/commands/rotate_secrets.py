"""``manage.py rotate_secrets``: seal every stored secret anew, under the newest key."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from config.lib.fields import EncryptedJSONField


def sealed_fields() -> Iterator[EncryptedJSONField]:
    """Yield every field that is kept encrypted."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedJSONField):
                yield field


@transaction.atomic
def reseal(rows: models.QuerySet[Any], name: str, *, key: Any) -> None:
    """Seal one row's secret anew; the row is locked, so that no change in between is lost."""
    row = rows.filter(pk=key)
    for value in row.select_for_update().values_list(name, flat=True):
        row.update(**{name: value})


class Command(BaseCommand):
    """Seal stored secrets under the newest key, so that an older one can be taken away."""

    help = (
        "Seal every stored secret under the first key of FIELD_ENCRYPTION_KEYS. Afterwards older "
        "keys may go, a day later if answers to Idempotency-Key must still be given again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through every row of every table that keeps secrets; may be run again."""
        for field in sealed_fields():
            rows: models.QuerySet[Any] = models.QuerySet(field.model)
            keys = rows.exclude(**{field.name: None}).values_list("pk", flat=True)
            count = 0
            for key in keys.iterator(chunk_size=1000):
                reseal(rows, field.name, key=key)
                count += 1
            self.stdout.write(f"{field}: {count}")
