"""A site's history in sentences: who did what, as a reader would tell it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from twin.selectors.changes import MENTIONING, Change, Entry, Story, template_names

# More than so many sentences of one change are told as counts.
MAX_SENTENCES = 3
NOUNS = {"site_member": "member", "view_member": "view member", "occupancy": "occupant"}
PLURALS = {"occupancy": "occupants"}
DEEDS = {"created": "created", "updated": "changed", "deleted": "deleted"}
SITE_COLUMNS = {
    "time_zone": "time zone",
    "occupied_view": "policy for occupied flats",
    "parameters": "parameters",
    "address": "address",
    "latitude": "location",
    "longitude": "location",
}


def told(story: Story) -> list[dict[str, Any]]:
    """Return the page as bodies: who, when, one sentence, and the single changes (one query)."""
    templates = template_names(story.changes)
    return [_Teller(story, change, templates).body() for change in story.changes]


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells one change."""

    story: Story
    change: Change
    templates: Mapping[str, str]

    def body(self) -> dict[str, Any]:
        """Return the change as the API shows it."""
        who = self._known(self.story.users, self.change.user)
        through = self._known(self.story.applications, self.change.application)
        return {
            "id": str(self.change.id),
            "at": self.change.at,
            "user": who,
            "application": through,
            "request_id": self.change.request,
            "origin": self.change.origin,
            "text": f"{self._actor(who, through)} {self._summary()}",
            "count": sum(self.change.counts.values()),
            "changes": [self._single(entry) for entry in self.change.entries],
        }

    @staticmethod
    def _known(names: Mapping[UUID, str], key: UUID | None) -> dict[str, str] | None:
        return {"id": str(key), "name": names[key]} if key in names and key else None

    def _actor(self, who: Any, through: Any) -> str:
        if who:
            return str(who["name"])
        if self.change.user or self.change.application is None:
            return "Somebody" if self.change.user else "Atrium"
        return str(through["name"]) if through else "An application"

    def _single(self, entry: Entry) -> dict[str, Any]:
        return {
            "kind": entry.noun,
            "node": entry.object or None,
            "name": self.name(entry.object) or entry.after.get("name") or entry.before.get("name"),
            "action": entry.action,
            "text": self.sentence(entry),
            "before": self._shown(entry.before) or None,
            "after": self._shown(entry.after) or None,
            "rows": entry.rows,
        }

    def _shown(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """Return columns without the ids of what the reader may not know of."""
        known = self.story.known
        is_hidden = {
            name for name in (*MENTIONING, "gateway_id") if known is not None and part.get(name)
        }
        return {
            name: None if name in is_hidden and part[name] not in (known or ()) else part[name]
            for name in part
        }

    def _summary(self) -> str:
        """Return what the change was about, in one sentence."""
        upgrade = next((e for e in self.change.entries if "template_version_id" in e.after), None)
        if upgrade is not None and upgrade.action == "updated":
            return f"{self.sentence(upgrade)}: {self._counted(without='site')}".removesuffix(": ")
        telling = [e for e in self.change.entries if not is_renumbered(e)]
        entries = telling or self.change.entries
        if len(entries) <= MAX_SENTENCES and sum(e.rows for e in entries) <= MAX_SENTENCES:
            return "; ".join(self.sentence(entry) for entry in entries)
        return self._counted()

    def _counted(self, without: str = "") -> str:
        parts = [
            f"{count:,} {_plural(noun, count)} {DEEDS.get(action, action)}"
            for (noun, action), count in sorted(self.change.counts.items())
            if noun != without
        ]
        return ", ".join(parts)

    def name(self, key: Any) -> str:
        """Return what a thing was called then; empty if nobody knows."""
        return self.story.names.get((str(key), self.change.id), "") if key else ""

    def sentence(self, entry: Entry) -> str:
        """Return one entry in words."""
        if entry.rows > 1:
            return f"{DEEDS[entry.action]} {entry.rows:,} {_plural(entry.noun, entry.rows)}"
        return TELLERS.get(entry.noun, _thing)(self, entry)


def _plural(noun: str, count: int) -> str:
    word = NOUNS.get(noun, noun)
    return word if count == 1 else PLURALS.get(noun, f"{word}s")


def is_renumbered(entry: Entry) -> bool:
    """Say whether a space only got another number because its siblings changed."""
    is_space = entry.noun == "space" and entry.action == "updated"
    return is_space and set(entry.after) <= {"position"}


def _called(teller: _Teller, entry: Entry) -> str:
    known = teller.name(entry.object) or entry.after.get("name") or entry.before.get("name")
    return known or f"{_plural(entry.noun, 1)} {entry.object}"


def _thing(teller: _Teller, entry: Entry) -> str:
    """Tell of something with a name and a place."""
    called = _called(teller, entry)
    if entry.action == "created":
        where = _place(teller, entry.after)
        return f"added {called}{f' in {where}' if where else ''}"
    if entry.action == "deleted":
        return f"deleted {called}"
    parts = [part for tell in (_moved, _renamed, _rest) if (part := tell(teller, entry, called))]
    return " and ".join(parts) or f"changed {called}"


def _place(teller: _Teller, part: Mapping[str, Any]) -> str:
    for column in ("parent_id", "space_id", "site_id"):
        if name := teller.name(part.get(column)):
            return name
    return ""


def _moved(teller: _Teller, entry: Entry, called: str) -> str:
    columns = {"parent_id", "space_id", "site_id"} & set(entry.after)
    if not columns:
        return ""
    origin, target = (
        _place(teller, part) or ("elsewhere" if any(map(part.get, columns)) else "the site itself")
        for part in (entry.before, entry.after)
    )
    return f"moved {called} from {origin} to {target}"


def _renamed(teller: _Teller, entry: Entry, called: str) -> str:
    if "name" not in entry.after:
        return ""
    return f"renamed {entry.before.get('name')} to {entry.after['name']}"


def _rest(teller: _Teller, entry: Entry, called: str) -> str:
    rest = set(entry.after) - {"name", "parent_id", "space_id", "site_id", "position"}
    if rest:
        words = sorted({name.removesuffix("_id").replace("_", " ") for name in rest})
        return f"changed {', '.join(words)} of {called}"
    return f"reordered {called}" if set(entry.after) == {"position"} else ""


def _site(teller: _Teller, entry: Entry) -> str:
    called = _called(teller, entry)
    if entry.action == "created":
        return f"created {called}"
    if "template_version_id" in entry.after:
        old, new = (
            teller.templates.get(str(part.get("template_version_id")), "no template")
            for part in (entry.before, entry.after)
        )
        deed = f"took {called} back" if _is_older(new, old) else f"upgraded {called}"
        return f"{deed} from {old} to {new}"
    if set(entry.after) & set(SITE_COLUMNS):
        words = sorted({SITE_COLUMNS[name] for name in entry.after if name in SITE_COLUMNS})
        renamed = _renamed(teller, entry, called)
        return " and ".join(filter(None, [renamed, f"changed {', '.join(words)} of {called}"]))
    return _thing(teller, entry)


def _is_older(one: str, other: str) -> bool:
    """Say whether a reference names an earlier version of the same template than the other."""
    (key, _, number), (same, _, than) = one.partition("@"), other.partition("@")
    return key == same and number.isdigit() and than.isdigit() and int(number) < int(than)


def _view_member(teller: _Teller, entry: Entry) -> str:
    part = entry.after or entry.before
    node, view = (teller.name(part.get(name)) or "something" for name in ("node_id", "view_id"))
    return f"took {node} out of {view}" if entry.action == "deleted" else f"put {node} into {view}"


def _relationship(teller: _Teller, entry: Entry) -> str:
    part = {**entry.before, **entry.after}
    ends = [teller.name(part.get(name)) or "something" for name in ("source_id", "target_id")]
    deed = {"created": "joined", "deleted": "parted"}.get(entry.action, "changed")
    return f"{deed} {ends[0]} and {ends[1]} ({part.get('kind', 'relationship')})"


def _person(teller: _Teller, entry: Entry) -> str:
    part = {**entry.before, **entry.after}
    user = part.get("user_id")
    who = teller.story.users.get(UUID(user)) if user else None
    where = teller.name(part.get("space_id")) or teller.name(part.get("site_id"))
    if entry.action == "updated":
        return f"changed {_plural(entry.noun, 1)} {who or ''} of {where or 'the site'}".replace(
            "  ", " "
        )
    deed = "moved {} in" if entry.noun == "occupancy" else "added {} as a member"
    if entry.action == "deleted":
        deed = "took {} out"
    return f"{deed.format(who or 'somebody')}{f' at {where}' if where else ''}"


TELLERS: Mapping[str, Callable[[_Teller, Entry], str]] = {
    "site": _site,
    "view_member": _view_member,
    "relationship": _relationship,
    "site_member": _person,
    "occupancy": _person,
}
