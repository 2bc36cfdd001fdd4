"""The past, seen by the rights of now: what a caller may see today decides what of then is shown.

A right to a part of a building opens what stood in that part then, also what is gone since. A right
that rests on living somewhere opens nothing from before moving in, a consent nothing from before
the time that it reaches back to. Source: docs/access.md, "The past".
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.principals import Principal
from config.lib.past import as_of
from twin.models.reach import MEMO, Reach, reach_of
from twin.rights import Area, Right, Way


@contextmanager
def journey_of(principal: Principal, moment: datetime) -> Iterator[None]:
    """Answer all queries inside the block as of that moment, for that caller (one query more)."""
    present = reach_of(principal)
    with as_of(moment):
        principal.memo[MEMO] = _reach_back(present, principal, moment=moment)
        try:
            yield
        finally:
            principal.memo[MEMO] = present


def _reach_back(reach: Reach, principal: Principal, *, moment: datetime) -> Reach:
    """Return the same rights over the same places, as those stood at that moment."""
    areas = [*(right.area for right in reach.rights), *(reach.cut or ())]
    paths = _paths({area.space for area in areas if area.space})
    rights = [
        replace(right, area=area)
        for right in reach.rights
        if not _begins_later(right, moment)
        for area in _then([right.area], paths)
    ]
    cut = None if reach.cut is None else tuple(_then(reach.cut, paths))
    terms = principal.terms
    if terms and terms.history_from and terms.history_from > moment:
        cut = ()
    return Reach(tuple(rights), cut)


def _begins_later(right: Right, moment: datetime) -> bool:
    is_home = right.way is Way.OCCUPANCY
    return is_home and right.since is not None and right.since > moment


def _paths(spaces: set[UUID]) -> dict[UUID, str]:
    """Return where spaces stood at the moment of the journey."""
    if not spaces:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, path::text FROM twin_space WHERE id = ANY(%s)", [list(spaces)])
        return dict(cursor.fetchall())


def _then(areas: Iterable[Area], paths: Mapping[UUID, str]) -> Iterator[Area]:
    """Yield the areas that there were; a space that was not there yet opens nothing."""
    for area in areas:
        if area.space is None:
            yield area
        elif area.space in paths:
            yield replace(area, path=paths[area.space])
