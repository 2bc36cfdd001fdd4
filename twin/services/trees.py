"""The ground of every change of a site's tree: its locks, paths and positions.

Whoever changes a tree locks the site's row first, so that changes of one tree follow each other;
reads and changes of other sites go on.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Max
from django_ltree.fields import PathValue

from twin.errors import SpaceGone, invalid_field
from twin.models import Site, Space
from twin.models.paths import BEHIND

MAX_DEPTH = 40

# Each top takes its whole subtree along; what stands directly in the site has no path above.
HANG_SQL = """
    UPDATE twin_space s
    SET path = %(above)s::ltree || subpath(s.path, nlevel(top.path) - 1),
        parent_id = CASE WHEN s.id = top.id THEN %(parent)s ELSE s.parent_id END,
        updated_at = CASE WHEN s.id = top.id THEN clock_timestamp() ELSE s.updated_at END
    FROM twin_space top CROSS JOIN LATERAL (
        SELECT id FROM twin_space
        WHERE path >= top.path AND path < (top.path::text || %(behind)s)::ltree
        -- On its own, it is planned as the range of an index that it is.
        OFFSET 0
    ) below
    WHERE top.id = ANY(%(tops)s) AND s.id = below.id
"""
RENUMBER_SQL = """
    UPDATE twin_space s SET position = o.place - 1, updated_at = clock_timestamp()
    FROM unnest(%s::uuid[]) WITH ORDINALITY AS o(id, place)
    WHERE s.id = o.id AND s.position <> o.place - 1
"""


def lock_site(key: UUID) -> Site:
    """Lock a site for a change of its tree. Raises: SpaceGone, if it was deleted meanwhile."""
    site = Site.objects.select_for_update(no_key=True).filter(pk=key).first()
    if site is None:
        raise SpaceGone()
    return site


def lock_site_of(key: UUID) -> None:
    """Lock the site of a space, for a caller that will lock the space itself."""
    sites = Site.objects.select_for_update(no_key=True, of=("self",))
    sites.filter(spaces=key).first()


def fresh(space: Space) -> Space:
    """Return the space as it stands under the lock. Raises: SpaceGone."""
    found = Space.objects.filter(pk=space.pk).first()
    if found is None:
        raise SpaceGone()
    return found


def fresh_in_site(space: Space | None, site: Site, *, field: str = "parent") -> Space | None:
    """Return the space as it stands under the lock.

    Raises: InvalidInput, pointing at the field, if it is gone or stands in another site.
    """
    if space is None:
        return None
    found = Space.objects.filter(pk=space.pk, site=site).first()
    if found is None:
        raise invalid_field(field, "other-site", "Name a space of the same site.")
    return found


def hold_spaces(keys: Collection[UUID]) -> bool:
    """Keep spaces from being deleted until the transaction ends; say whether all are there.

    What is about to stand in them does so first of all, before it locks anything of its own.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM twin_space WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [list(keys)]
        )
        return len(cursor.fetchall()) == len(set(keys))


def lock_subtree(space: Space) -> list[UUID]:
    """Let nothing more come into a space and all below it; return their ids.

    Waits for those who hold one of them (`hold_spaces`), and makes others wait.
    """
    below = Space.objects.within(space).order_by("pk").select_for_update(of=("self",))
    return list(below.values_list("pk", flat=True))


def hang(tops: Collection[UUID], *, below: Space | None) -> None:
    """Hang spaces with all below them under another one, or in the site, in one statement."""
    values = {
        "above": str(PathValue(below.path)) if below else "",
        "parent": below.pk if below else None,
        "tops": list(tops),
        "behind": BEHIND,
    }
    with connection.cursor() as cursor:
        cursor.execute(HANG_SQL, values)


def check_depth(space: Space, *, below: Space | None) -> None:
    """Refuse to hang a space where its subtree would nest too deeply. Raises: InvalidInput."""
    subtree = Space.objects.within(space).aggregate(Max("path__depth"))
    height = subtree["path__depth__max"] - len(space.path)
    if (len(below.path) if below else 0) + 1 + height > MAX_DEPTH:
        raise invalid_field("parent", "too-deep", f"Spaces nest at most {MAX_DEPTH} levels deep.")


def children_of(parent: UUID | None, *, site: UUID) -> list[UUID]:
    """Return the spaces that stand directly in another one, or in the site, in order."""
    beside = Space.objects.filter(site=site, parent=parent)
    return list(beside.in_order().values_list("pk", flat=True))


def place_among_siblings(space: Space, position: int | None) -> None:
    """Put a space at a position among its siblings, last by default, and number them anew."""
    siblings = children_of(space.parent_id, site=space.site_id)
    others = [key for key in siblings if key != space.pk]
    place = len(others) if position is None else min(position, len(others))
    renumber([*others[:place], space.pk, *others[place:]])
    space.position = place


def renumber(keys: Sequence[UUID]) -> None:
    """Number siblings by their order, touching only those whose number is wrong."""
    with connection.cursor() as cursor:
        cursor.execute(RENUMBER_SQL, [list(keys)])
