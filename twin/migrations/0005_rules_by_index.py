"""Indexes for the rules of views, built while the platform runs."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Find spaces by kind across an organisation, and by property."""

    atomic = False
    dependencies: ClassVar = [("twin", "0004_audit")]
    operations: ClassVar = [
        AddIndexConcurrently(
            "space", models.Index(fields=["organisation", "kind", "node"], name="space_kind")
        ),
        AddIndexConcurrently(
            "space",
            GinIndex(fields=["properties"], name="space_properties", opclasses=["jsonb_path_ops"]),
        ),
    ]
