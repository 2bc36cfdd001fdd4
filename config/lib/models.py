"""The abstract models that every table of Atrium builds on."""

from django.db import models

from config.lib.ids import uuid7


class UUIDv7Model(models.Model):
    """A row whose primary key is a UUIDv7, so that ids sort by age and reveal no count."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


class TimestampedModel(models.Model):
    """A row that knows when it was made and when it last changed."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class BaseModel(UUIDv7Model, TimestampedModel):
    """What most tables are: a UUIDv7 key and both times."""

    class Meta:
        abstract = True
