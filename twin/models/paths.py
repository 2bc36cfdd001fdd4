"""How subtrees are found by the order of paths: one range of a B-tree for each.

All labels are ids of 32 hex digits, so none begins another. A path with a letter behind its last
label comes right after everything that stands below it. A GiST index finds subtrees as well, but
takes twenty times as long to write on some versions of PostgreSQL.
"""

from typing import Any

from django.db.models import Lookup
from django_ltree.fields import PathValue

BEHIND = "z"
# More tops than that are rarer than the rows between them: a filter then, not an index.
MAX_RANGES = 200


def path_behind(path: Any) -> str:
    """Return what comes right behind a path and all below it."""
    return f"{PathValue(path)}{BEHIND}"


class Within(Lookup):
    """``path__within=paths``: at or below one of the paths, by the index on paths."""

    lookup_name = "within"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Return a range for each path."""
        column, parameters = self.process_lhs(compiler, connection)
        tops = sorted({str(PathValue(path)) for path in self.rhs})
        if not 0 < len(tops) <= MAX_RANGES:
            return f"{column} <@ %s::ltree[]", (*parameters, tops)
        ranges = " OR ".join([f"({column} >= %s::ltree AND {column} < %s::ltree)"] * len(tops))
        ends = (end for top in tops for end in (*parameters, top, *parameters, path_behind(top)))
        return f"({ranges})", tuple(ends)
