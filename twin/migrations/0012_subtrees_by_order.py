"""Subtrees by a B-tree on paths instead of GiST, built and dropped while the platform runs."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

OF_VERSIONS = "twin_space_version_subtree"
# The fourth of those that the table of versions was made with.
GIST_OF_VERSIONS = "twin_space_version_3"


class Migration(migrations.Migration):
    """Processes of the release before find subtrees by site meanwhile: slower, not wrong."""

    atomic = False
    dependencies: ClassVar = [("twin", "0011_versions_join_by_hash")]
    operations: ClassVar = [
        AddIndexConcurrently("space", models.Index(fields=["path"], name="space_subtree")),
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {OF_VERSIONS} ON twin_space_version"
            " (path, valid_until, valid_from)",
            reverse_sql=f"DROP INDEX CONCURRENTLY IF EXISTS {OF_VERSIONS}",
        ),
        RemoveIndexConcurrently("space", "space_path"),
        migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {GIST_OF_VERSIONS}",
            reverse_sql=f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {GIST_OF_VERSIONS}"
            " ON twin_space_version USING gist (path, valid_until, valid_from)",
        ),
    ]
