"""A tree of spaces as the database keeps it, beside the naive one that it is held to."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from config.lib.errors import DomainError
from twin.models import Site, Space

FAULTS_SQL = """
    SELECT 'path' AS fault, s.id FROM twin_space s LEFT JOIN twin_space p ON p.id = s.parent_id
    WHERE s.site_id = %(site)s AND ltree2text(s.path) <>
        coalesce(ltree2text(p.path) || '.', '') || replace(s.id::text, '-', '')
    UNION ALL
    SELECT 'site', s.id FROM twin_space s JOIN twin_space p ON p.id = s.parent_id
    JOIN twin_node n ON n.id = s.id
    WHERE s.site_id = %(site)s AND (p.site_id <> s.site_id OR n.site_id IS DISTINCT FROM s.site_id)
    UNION ALL
    SELECT 'position', id FROM (
        SELECT id, position, row_number() OVER (PARTITION BY parent_id ORDER BY position) - 1 AS due
        FROM twin_space WHERE site_id = %(site)s
    ) numbered WHERE position <> due
    UNION ALL
    SELECT 'node', n.id FROM twin_node n LEFT JOIN twin_space s ON s.id = n.id
    WHERE n.site_id = %(site)s AND n.kind = 'space' AND s.id IS NULL
"""


def faults_of(site: Site) -> list[tuple[Any, ...]]:
    """Return what is wrong with a site's tree: paths, sites, positions, nodes without a space."""
    with connection.cursor() as cursor:
        cursor.execute(FAULTS_SQL, {"site": site.pk})
        return list(cursor.fetchall())


def outline_of(site: Site) -> dict[UUID | None, list[UUID]]:
    """Return the ids of the children of each space that has any, in order; None is the site."""
    rows = Space.objects.filter(site=site).in_order().values_list("parent", "pk")
    found: dict[UUID | None, list[UUID]] = {}
    for parent, key in rows:
        found.setdefault(parent, []).append(key)
    return found


@dataclass
class NaiveTree:
    """Spaces as lists in a dictionary: what the services are held to."""

    children: dict[UUID | None, list[UUID]] = field(default_factory=lambda: {None: []})

    def outline(self) -> dict[UUID | None, list[UUID]]:
        """Return the children of each that has any."""
        return {key: list(inner) for key, inner in self.children.items() if inner}

    def parent_of(self, key: UUID) -> UUID | None:
        """Return where a space stands."""
        return next(parent for parent, inner in self.children.items() if key in inner)

    def below(self, key: UUID) -> set[UUID]:
        """Return a space and all below it."""
        inner = self.children.get(key, [])
        return {key}.union(*(self.below(child) for child in inner))

    def add(self, key: UUID, parent: UUID | None, position: int | None) -> None:
        """Put a new space among the children of another."""
        inner = self.children.setdefault(parent, [])
        inner.insert(len(inner) if position is None else min(position, len(inner)), key)

    def take(self, key: UUID) -> None:
        """Take a space out of where it stands."""
        self.children[self.parent_of(key)].remove(key)

    def move(self, key: UUID, parent: UUID | None, position: int | None) -> bool:
        """Move a space; say whether it can stand there."""
        if parent in self.below(key):
            return False
        if position is None and parent == self.parent_of(key):
            return True
        self.take(key)
        self.add(key, parent, position)
        return True

    def delete(self, key: UUID) -> None:
        """Delete a space with all below it."""
        self.take(key)
        for gone in self.below(key):
            self.children.pop(gone, None)

    def merge(self, key: UUID, into: UUID) -> bool:
        """Let one space go up in another; say whether it can."""
        if into in self.below(key):
            return False
        self.take(key)
        self.children.setdefault(into, []).extend(self.children.pop(key, []))
        return True

    def split(self, key: UUID, made: UUID, moved: list[UUID]) -> None:
        """Put a new space behind another, with these of its children."""
        parent = self.parent_of(key)
        self.add(made, parent, self.children[parent].index(key) + 1)
        self.children[key] = [one for one in self.children.get(key, []) if one not in moved]
        self.children[made] = list(moved)


def together(*deeds: Callable[[], object]) -> list[DomainError]:
    """Do the deeds at the same moment, each over its own connection; return what was refused."""
    barrier = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> DomainError | None:
        try:
            barrier.wait()
            deed()
        except DomainError as error:
            return error
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(deeds)) as pool:
        answers = list(pool.map(run, deeds))
    return [error for error in answers if error is not None]


def assert_whole(site: Site) -> None:
    """Assert that paths follow from parents and that siblings are numbered without gaps."""
    assert faults_of(site) == []
