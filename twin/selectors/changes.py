"""What happened at a site, newest first: the audit log by transaction, as far as it is visible.

Four queries for a page, whatever it holds: the transactions, what each did, what the things were
called when it happened, and who did it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from accounts.models import Application, User
from accounts.principals import Principal
from config.lib.ids import first_id_at
from twin.models import Site, TemplateVersion
from twin.selectors.story_parts import StoryPart, part_for

# Of one transaction no more than so many single changes are told; the others are counted.
MAX_TOLD = 100
# What the story tells of, and the scope that its reader needs beside ``sites:read``.
NOUNS: dict[str, str | None] = {
    "site": None,
    "space": None,
    "view": None,
    "view_member": None,
    "relationship": None,
    "device": "devices:read",
    "gateway": "devices:read",
    "site_member": "members:read",
    "occupancy": "members:read",
}
MENTIONING = ("parent_id", "space_id", "site_id", "view_id", "node_id", "source_id", "target_id")
PEOPLE = {"site_member", "occupancy"}
# In the order of the story; who comes and goes changes nothing of the building.
TOPOLOGY = tuple(noun for noun in NOUNS if noun not in PEOPLE)
KEY = "coalesce(a.change_id, a.id)"
# What staff looked at is in the log beside what was changed, and no part of a story.
WHERE = """a.site_id = %(site)s AND a.object_type = ANY(%(nouns)s) AND a.action <> 'read'
    AND (%(nodes)s::text[] IS NULL OR a.object_id = ANY(%(nodes)s)
         OR a.after->>'node_id' = ANY(%(nodes)s) OR a.before->>'node_id' = ANY(%(nodes)s))
    AND (%(always)s::text[] IS NULL OR a.object_id = ANY(%(always)s) OR EXISTS (
        SELECT FROM unnest(%(things)s::text[], %(sinces)s::uuid[], %(untils)s::uuid[])
            AS told (id, since, until)
        WHERE told.id = a.object_id AND coalesce(a.change_id, a.id) >= told.since
        AND coalesce(a.change_id, a.id) < told.until))"""
# Goes from one transaction to the next by the index, however many entries each of them has.
PAGE_SQL = """
    WITH RECURSIVE page (key) AS (
        (SELECT {key} FROM accounts_auditentry a
         WHERE {where} AND {key} < %(before)s ORDER BY {key} DESC LIMIT 1)
        UNION ALL
        SELECT (SELECT {key} FROM accounts_auditentry a
                WHERE {where} AND {key} < page.key ORDER BY {key} DESC LIMIT 1)
        FROM page WHERE page.key IS NOT NULL
    )
    SELECT key FROM page WHERE key >= %(since)s LIMIT %(limit)s
"""
ENTRIES_SQL = """
    SELECT * FROM (
        SELECT {key} AS key, a.time, a.user_id, a.application_id, a.request_id, a.origin,
               a.object_type, a.action, a.object_id, a.before, a.after, a.rows,
               row_number() OVER told AS number
        FROM accounts_auditentry a WHERE {where} AND {key} = ANY(%(keys)s)
        WINDOW told AS (PARTITION BY {key}, a.object_type, a.action ORDER BY a.id)
    ) entry WHERE number <= %(most)s ORDER BY key DESC, number
"""
COUNTS_SQL = """
    SELECT {key}, a.object_type, a.action, sum(a.rows)::int
    FROM accounts_auditentry a WHERE {where} AND {key} = ANY(%(keys)s) GROUP BY 1, 2, 3
"""
# A version that ended with the change or later says what the thing was called before it.
NAME_SQL = """
    SELECT w.id, w.at, coalesce(
        (SELECT v.name FROM {table}_version v WHERE v.id = w.id AND v.valid_until >= w.at
         ORDER BY v.valid_until LIMIT 1),
        (SELECT t.name FROM {table} t WHERE t.id = w.id)) AS name
    FROM unnest(%(ids)s::uuid[], %(times)s::timestamptz[]) AS w (id, at)
"""
NAMES_SQL = "SELECT id, at, name FROM ({union}) found WHERE name IS NOT NULL"
_named_tables = ["twin_space", "twin_site", "twin_view"]


def register_named_table(table: str) -> None:
    """Let things of another app be called by the ``name`` of their versioned table."""
    if table not in _named_tables:
        _named_tables.append(table)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a site's history."""

    site: Site
    principal: Principal | None
    limit: int
    before: UUID | None = None
    node: UUID | None = None
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: UUID | None = None
    nouns: Collection[str] = tuple(NOUNS)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done: to what, and its columns before and after."""

    noun: str
    action: str
    object: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    rows: int


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction: when, by whom and what; ``counts`` also has what is not told."""

    id: UUID
    at: datetime
    user: UUID | None
    application: UUID | None
    request: str
    origin: str
    entries: list[Entry] = field(default_factory=list)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Story:
    """A page of changes, newest first, with the names of things and people in them.

    ``known`` are the ids that the reader may know of; None: all.
    """

    changes: list[Change]
    names: Mapping[tuple[str, UUID], str]
    users: Mapping[UUID, str]
    applications: Mapping[UUID, str]
    following: UUID | None
    known: frozenset[str] | None = None


def story_of(question: Question) -> Story:
    """Return a page of what happened at a site that the principal sees; None sees all."""
    part = None if question.principal is None else part_for(question.site, question.principal)
    known = None if part is None else part.known | {str(question.site.pk)}
    values = _values(question, part)
    with connection.cursor() as cursor:
        cursor.execute(
            PAGE_SQL.format(key=KEY, where=WHERE), {**values, "limit": question.limit + 1}
        )
        keys = [row[0] for row in cursor.fetchall()]
        shown = keys[: question.limit]
        cursor.execute(
            ENTRIES_SQL.format(key=KEY, where=WHERE), {**values, "keys": shown, "most": MAX_TOLD}
        )
        changes = _grouped(cursor.fetchall())
        cursor.execute(COUNTS_SQL.format(key=KEY, where=WHERE), {**values, "keys": shown})
        for key, noun, action, count in cursor.fetchall():
            changes[key].counts[noun, action] = count
    found = list(changes.values())
    following = shown[-1] if len(keys) > question.limit else None
    people = _people(question, found, is_part=part is not None)
    return Story(found, _names(found, known), *people, following, known)


def _values(question: Question, part: StoryPart | None) -> dict[str, Any]:
    until = first_id_at(question.until) if question.until else UUID(int=2**128 - 1)
    nouns = [noun for noun in question.nouns if question.kind in {"", noun}]
    principal = question.principal
    if principal is not None:
        nouns = [noun for noun in nouns if _is_in_scope(principal, NOUNS[noun])]
    if part is not None:
        nouns = [noun for noun in nouns if noun not in PEOPLE]
    stays = part.stays if part else ()
    return {
        "site": question.site.pk,
        "nouns": nouns,
        "nodes": [str(question.node)] if question.node else None,
        "always": None if part is None else [str(key) for key in part.always],
        "things": [str(stay.id) for stay in stays],
        "sinces": [stay.since for stay in stays],
        "untils": [stay.until for stay in stays],
        "before": min(until, question.before) if question.before else until,
        "since": _since(question),
    }


def _is_in_scope(principal: Principal, scope: str | None) -> bool:
    return scope is None or principal.has_scope(scope)


def _since(question: Question) -> UUID:
    """Return the smallest key that is asked for, and that a consent reaches back to."""
    if question.after is not None:
        return UUID(int=question.after.int + 1)
    terms = question.principal.terms if question.principal else None
    moments = [question.since, terms.history_from if terms else None]
    return max((first_id_at(one) for one in moments if one), default=UUID(int=0))


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[UUID, Change]:
    """Return the changes by their keys, in order."""
    changes: dict[UUID, Change] = {}
    for key, time, user, application, request, origin, *what, _ in rows:
        if key not in changes:
            changes[key] = Change(key, _moment(key) or time, user, application, request, origin)
        noun, action, thing, before, after, count = what
        told = Entry(noun, action, thing, _read(before), _read(after), count)
        changes[key].entries.append(told)
    return changes


def _read(text: str | None) -> dict[str, Any]:
    """Return a column of JSON, which plain cursors of Django give as text."""
    return dict(orjson.loads(text)) if text else {}


def _moment(key: UUID) -> datetime | None:
    """Return the moment in a UUIDv7 key, to the microsecond below."""
    millis, fraction = key.int >> 80, (key.int >> 64) & 0xFFF
    return datetime.fromtimestamp(millis / 1000, UTC).replace(
        microsecond=millis % 1000 * 1000 + (fraction * 1000 >> 12)
    )


def _names(changes: Iterable[Change], known: frozenset[str] | None) -> dict[tuple[str, UUID], str]:
    """Return what known things were called when a change came: (id, change) -> name. One query."""
    wanted = {
        (value, change.at)
        for change in changes
        for entry in change.entries
        for value in mentioned(entry)
        if known is None or value in known
    }
    if not wanted:
        return {}
    union = " UNION ALL ".join(NAME_SQL.format(table=table) for table in _named_tables)
    with connection.cursor() as cursor:
        ids, times = zip(*wanted, strict=True)
        cursor.execute(
            NAMES_SQL.format(union=union),
            {"ids": list(ids), "times": list(times)},
        )
        found = {(str(key), at): name for key, at, name in cursor.fetchall()}
    by_time = {change.at: change.id for change in changes}
    return {(key, by_time[at]): name for (key, at), name in found.items()}


def mentioned(entry: Entry) -> set[str]:
    """Return the ids of things that an entry speaks of."""
    values = {part.get(column) for part in (entry.before, entry.after) for column in MENTIONING}
    return {value for value in {*values, entry.object} if value}


def _people(
    question: Question, changes: Iterable[Change], *, is_part: bool
) -> tuple[dict[UUID, str], dict[UUID, str]]:
    """Return the names of users and applications, as far as the reader may know who acted."""
    principal = question.principal
    users = {change.user for change in changes if change.user}
    users |= {
        UUID(part["user_id"])
        for change in changes
        for entry in change.entries
        for part in (entry.before, entry.after)
        if entry.noun in PEOPLE and part.get("user_id")
    }
    applications = {change.application for change in changes if change.application}
    if principal is not None and is_part:
        users &= {principal.user_id} - {None}
        applications &= {principal.application_id} - {None}
    people = User.objects.filter(pk__in=users).values_list("pk", "name", "email")
    named = Application.objects.filter(pk__in=applications).values_list("pk", "name")
    return {key: name or email for key, name, email in people}, dict(named)


def template_names(changes: Iterable[Change]) -> dict[str, str]:
    """Return ``key@n`` of the template versions that changes of sites mention (one query)."""
    keys = {
        part["template_version_id"]
        for change in changes
        for entry in change.entries
        for part in (entry.before, entry.after)
        if entry.noun == "site" and part.get("template_version_id")
    }
    versions = TemplateVersion.objects.filter(pk__in=keys).select_related("template")
    return {str(one.pk): one.reference for one in versions.defer("definition", "source")}
