"""The words of a plan: what stands now, what shall stand, and each change between the two."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from twin.definitions.format import Definition
from twin.definitions.layout import PlannedSpace

CREATE, MOVE, RENAME, CHANGE, REMOVE, REFUSE = (
    *("create", "move", "rename", "change", "remove", "refuse"),
)
ACTIONS = (CREATE, MOVE, RENAME, CHANGE, REMOVE, REFUSE)
KEEP_LOCAL, TAKE_TEMPLATE = "keep-local", "take-template"
BOTH = (KEEP_LOCAL, TAKE_TEMPLATE)
# In ``choices``, what holds for every conflict that is not named.
EVERY = "*"

Choices = Mapping[str, str]
Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """A space as it stands, or as it shall stand."""

    id: UUID
    parent: UUID | None
    position: int
    kind: str
    name: str
    properties: Properties
    key: str


@dataclass(frozen=True, slots=True)
class StandingView:
    """A view as it stands, or as it shall stand."""

    id: UUID
    name: str
    description: str
    rule: Mapping[str, Any] | None
    key: str


@dataclass(frozen=True, slots=True)
class End:
    """What stands at an end of a relationship: a node, its sort, kind or category, and name."""

    node: UUID
    sort: str
    label: str | None
    name: str


@dataclass(frozen=True, slots=True)
class StandingEdge:
    """A relationship as it stands."""

    id: UUID
    kind: str
    source: End
    target: End


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A building on paper: its spaces, and the definition they obey, if they do."""

    spaces: list[PlannedSpace]
    definition: Definition | None


@dataclass(frozen=True, slots=True)
class Live:
    """A building as it stands: its spaces, its views, and what each view holds of them by hand;
    its relationships and the views across sites, where they are asked for.
    """

    spaces: Mapping[UUID, Standing]
    views: Mapping[UUID, StandingView]
    members: frozenset[tuple[UUID, UUID]]
    edges: tuple[StandingEdge, ...] = ()
    wider: tuple[StandingView, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a plan.

    Shape: ``before`` and ``after`` hold the fields that differ. A refusal has a ``code``; if it is
    a conflict also ``conflict``, its name in ``choices``, and what may be chosen.
    """

    action: str
    node: UUID
    key: str
    kind: str
    name: str
    reason: str
    noun: str = "space"
    parent: UUID | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    takes_with: Mapping[str, int] | None = None
    code: str = ""
    conflict: str = ""
    choices: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the change as JSON; what says nothing is left out."""
        document: dict[str, Any] = {
            "action": self.action,
            "noun": self.noun,
            "node": str(self.node),
            "key": self.key,
            "kind": self.kind,
            "name": self.name,
            "reason": self.reason,
        }
        rest = {
            "parent": str(self.parent) if self.parent else None,
            "before": self.before,
            "after": self.after,
            "takes_with": self.takes_with,
            "code": self.code,
            "conflict": self.conflict,
            "choices": list(self.choices),
        }
        return document | {name: value for name, value in rest.items() if value}


@dataclass(slots=True)
class Work:
    """All that applying a plan writes: rows to create, rows as they shall be, ids to remove.

    ``relocate`` leads from a space to where what is inside of it goes; ``dropped`` are types of
    relationship of which none may be left but those that were chosen to be kept; ``create_edges``
    are id, kind, source and target; ``merges`` lead from a space to the one that it goes up in.
    """

    create: list[Standing] = field(default_factory=list)
    update: list[Standing] = field(default_factory=list)
    remove: list[UUID] = field(default_factory=list)
    relocate: dict[UUID, UUID] = field(default_factory=dict)
    create_views: list[StandingView] = field(default_factory=list)
    update_views: list[StandingView] = field(default_factory=list)
    remove_views: list[UUID] = field(default_factory=list)
    add_members: list[tuple[UUID, UUID]] = field(default_factory=list)
    remove_members: list[tuple[UUID, UUID]] = field(default_factory=list)
    remove_edges: list[UUID] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    create_edges: list[tuple[UUID, str, UUID, UUID]] = field(default_factory=list)
    merges: list[tuple[UUID, UUID]] = field(default_factory=list)


@dataclass(slots=True)
class Outcome:
    """A merge: the changes in reading order, what they write, and what was passed over."""

    changes: list[Change] = field(default_factory=list)
    work: Work = field(default_factory=Work)
    notes: list[str] = field(default_factory=list)

    @property
    def refusals(self) -> list[Change]:
        """What stands in the way of applying."""
        return [one for one in self.changes if one.action == REFUSE]


def summary_of(changes: Iterable[Change]) -> dict[str, int]:
    """Return how many changes there are of each action; those without are left out."""
    counts = Counter(change.action for change in changes)
    return {action: counts[action] for action in ACTIONS if counts[action]}
