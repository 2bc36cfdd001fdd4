"""Which state of a site's topology somebody saw, and what was done to it since.

The state is named by its last change in the audit log, so that no counter has to be kept: every
door that writes moves it on.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from twin.models import Site
from twin.selectors.changes import KEY, TOPOLOGY, Change, Question, story_of
from twin.selectors.stories import is_renumbered, told

NOTHING_YET = UUID(int=0)
MOST_CHANGES = 20
LATEST_SQL = """
    SELECT {key} FROM accounts_auditentry a
    WHERE a.site_id = %s AND a.object_type = ANY(%s) AND a.action <> 'read'
    ORDER BY {key} DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class News:
    """What happened since: one sentence for each change, newest first, and what it touched.

    With ``is_whole`` the building changed as such, or more happened than is told.
    """

    sentences: list[str]
    touched: frozenset[str]
    is_whole: bool


def revision_of(site: UUID) -> UUID:
    """Return the key of the last change of a site's topology (one query, by its index)."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST_SQL.format(key=KEY), [site, list(TOPOLOGY)])
        row = cursor.fetchone()
    return row[0] if row else NOTHING_YET


def news_since(site: Site, seen: UUID) -> News:
    """Return what was done to a site after the state that somebody saw (six queries at most)."""
    story = story_of(Question(site, None, MOST_CHANGES, after=seen, nouns=TOPOLOGY))
    touched = {
        value
        for change in story.changes
        for entry in change.entries
        if not is_renumbered(entry)
        for value in (entry.object, entry.after.get("node_id"), entry.before.get("node_id"))
        if value
    }
    is_whole = story.following is not None or any(map(_is_whole, story.changes))
    sentences = [f"{body['text']}." for body in told(story)]
    return News(sentences, frozenset(touched), is_whole)


def _is_whole(change: Change) -> bool:
    """Say whether a change is of the whole building: another template or other parameters."""
    columns = {"template_version_id", "parameters"}
    return any(entry.noun == "site" and columns & set(entry.after) for entry in change.entries)
