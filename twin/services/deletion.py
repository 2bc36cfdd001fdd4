"""Delete things with all that hangs on them, set-wise: a statement for each table, not each row.

Django's collector loads every row that goes. This follows the same declarations (``on_delete``)
with nothing but ids.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import CASCADE, DO_NOTHING, SET_NULL, RestrictedError
from django.utils import timezone
from psycopg.sql import SQL, Identifier


def delete_set(model: type[models.Model], keys: Iterable[UUID]) -> None:
    """Delete rows by their keys, with what cascades from them; detach what is to stay.

    The number of statements depends on the tables alone. Neither signals of Django nor
    ``delete()`` of a model take part. Raises: RestrictedError, as Django does.
    """
    going: dict[type[models.Model], set[Any]] = defaultdict(set)
    _collect(model, set(keys), going=going)
    for kind in list(going):
        for relation in relations_of(kind):
            if relation.on_delete is SET_NULL:
                stamp = {"updated_at": timezone.now()} if has_stamp(relation.related_model) else {}
                _rows(relation, going[kind]).update(**{relation.field.name: None}, **stamp)
            elif relation.on_delete not in {CASCADE, DO_NOTHING}:
                _refuse_restricted(relation, going)
    # Constraints are checked at the end of the transaction: the order does not matter.
    for kind, gone in going.items():
        _delete(kind, gone)


def _collect(
    model: type[models.Model], keys: set[Any], *, going: dict[type[models.Model], set[Any]]
) -> None:
    new = keys - going[model]
    if not new:
        return
    going[model] |= new
    for relation in relations_of(model):
        if relation.on_delete is CASCADE:
            _collect(relation.related_model, _keys(_rows(relation, new)), going=going)


def relations_of(model: type[models.Model]) -> list[Any]:
    """Return the foreign keys that lead to a model."""
    fields = model._meta.get_fields(include_hidden=True)
    return [
        field
        for field in fields
        if field.auto_created and not field.concrete and (field.one_to_one or field.one_to_many)
    ]


def has_stamp(model: type[models.Model]) -> bool:
    """Say whether rows of a model tell when they were changed last."""
    return any(field.name == "updated_at" for field in model._meta.concrete_fields)


def _rows(relation: Any, keys: Collection[Any]) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = models.QuerySet(relation.related_model)
    return rows.filter(**{f"{relation.field.name}__any": keys})


def _keys(rows: models.QuerySet[Any]) -> set[Any]:
    return set(rows.values_list("pk", flat=True))


def _refuse_restricted(relation: Any, going: dict[type[models.Model], set[Any]]) -> None:
    """Refuse if a row that stays holds on to one that goes."""
    rows = _rows(relation, going[relation.model])
    staying = _keys(rows) - going.get(relation.related_model, set())
    if staying:
        text = f"{len(staying)} rows of {relation.related_model._meta.label} hold on to it."
        raise RestrictedError(text, staying)


def _delete(model: type[models.Model], keys: Collection[Any]) -> None:
    statement = SQL("DELETE FROM {} WHERE {} = ANY(%s)").format(
        Identifier(model._meta.db_table), Identifier(str(model._meta.pk.column))
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(keys)])
