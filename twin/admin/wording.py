"""Access in words: paths, limits and what is missing, as people read them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from accounts.choices import Resolution
from accounts.explain import Limit, Missing, Path
from accounts.models import Organisation
from twin.choices import OccupiedView
from twin.rights import Level, Way
from twin.selectors.choosing import names_of

MAY = {
    Level.NAME: "know the site's name",
    Level.SEE: "see",
    Level.CONTROL: "see and control",
    Level.CHANGE: "see, control and change",
    Level.MANAGE: "see, control, change and give access",
}
WAYS = {
    Way.ORGANISATION: "role at {name}",
    Way.MEMBERSHIP: "membership of {name}",
    Way.GRANT: "grant on {name}",
    Way.OCCUPANCY: "occupancy of {name}",
    Way.GATEWAY: "the gateway's own credentials ({name})",
}
FINENESS = {
    Resolution.RAW: "every reading",
    Resolution.QUARTER_HOUR: "quarter hours",
    Resolution.HOUR: "hours",
    Resolution.DAY: "days",
    Resolution.MONTH: "months",
    OccupiedView.NOTHING.value: "nothing",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Names of what an answer is about, and the sentences made of them."""

    names: dict[UUID, str]

    def name(self, key: UUID | None) -> str:
        """Return the name of a node or organisation, its id where it has none."""
        return self.names.get(key) or str(key) if key else "everything"

    def path(self, path: Path) -> str:
        """Return one reason, with what it lets one do and its time."""
        way = WAYS[Way(path.way)].format(name=self.name(path.on))
        return f"{way}: may {MAY[Level[path.level.upper()]]}{_time(path.since, path.until)}"

    def limit(self, limit: Limit, application: Any) -> str:
        """Return what leaves less."""
        fineness = f"resolution {limit.resolution} ({FINENESS[limit.resolution]})"
        if limit.by == "policy":
            return f"policy of {self.name(limit.given_by)} for occupied flats: {fineness}"
        places = "" if limit.nodes is None else f" limited to {self._list(limit.nodes)},"
        past = f", nothing of before {_moment(limit.history_from)}" if limit.history_from else ""
        return f"consent of {application}{places} {fineness}{past}"

    def missing(self, missing: Missing) -> str:
        """Return what would have to be given, and on what."""
        on = f" ({self.name(missing.on)})" if missing.on else ""
        return f"{missing.detail}{on}"

    def _list(self, nodes: Collection[UUID]) -> str:
        return ", ".join(self.name(node) for node in nodes) or "nothing that is left"


def words_for(nodes: Iterable[UUID], paths: Iterable[Path]) -> Words:
    """Return the words for nodes and for what the paths are on."""
    keys = {*nodes, *(path.on for path in paths if path.on)}
    organisations = Organisation.objects.filter(pk__in=keys)
    return Words(names_of(keys) | dict(organisations.values_list("pk", "name")))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _time(since: datetime | None, until: datetime | None) -> str:
    parts = [f"since {_moment(since)}"] if since else []
    parts += [f"until {_moment(until)}"] if until else []
    return "".join(f", {part}" for part in parts)
