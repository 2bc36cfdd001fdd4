"""An index for the search by name, built while the platform runs."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    """Serves ``?q=`` of spaces."""

    atomic = False
    dependencies = [("twin", "0009_versions_of_occupancies")]
    operations = [
        TrigramExtension(),
        AddIndexConcurrently(
            "space",
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="space_name_words"),
        ),
    ]
