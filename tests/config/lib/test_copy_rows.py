"""Rows arrive by COPY as Django would have written them."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Organisation
from config.lib.copying import copy_rows
from config.lib.ids import uuid7
from tests.twin.factories import make_site
from twin.models import Node, Space

pytestmark = pytest.mark.django_db
FIELDS = (
    *("node", "site", "organisation", "parent", "position", "path", "kind", "name"),
    *("properties", "template_key", "created_at", "updated_at"),
)


def test_every_type_of_column_arrives(organisation: Organisation) -> None:
    site, key, now = make_site(organisation), uuid7(), timezone.now()
    properties: dict[str, Any] = {"area": 12.5, "names": ["é", None]}
    nodes = [(key, "space", site.pk, organisation.pk)]
    place = (key, site.pk, organisation.pk, None, 3, f"{key.hex}.a")

    copy_rows(Node, fields=("id", "kind", "site", "organisation"), rows=nodes)
    count = copy_rows(
        Space, fields=FIELDS, rows=[(*place, "room", "Küche 🏠", properties, "", now, now)]
    )

    space = Space.objects.get()
    assert (count, space.pk, space.position, space.parent) == (1, key, 3, None)
    assert (list(space.path), space.created_at) == ([key.hex, "a"], now)
    assert (space.name, space.properties) == ("Küche 🏠", properties)


def test_no_rows_are_no_error(db: None) -> None:
    assert copy_rows(Node, fields=("id", "kind"), rows=[]) == 0


def test_constraints_hold(db: None) -> None:
    key = uuid7()

    with pytest.raises(IntegrityError), transaction.atomic():
        copy_rows(Node, fields=("id", "kind"), rows=[(key, "space"), (key, "space")])
