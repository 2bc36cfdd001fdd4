"""A plan as a text that people read: what is made, changed, removed and refused."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from twin.planning.changes import ACTIONS, CHANGE, CREATE, MOVE, REFUSE, REMOVE, RENAME

Line = Mapping[str, Any]
SIGNS = {CREATE: "+", REMOVE: "-", MOVE: ">", RENAME: "~", CHANGE: "~", REFUSE: "!"}
MAX_LINES = 2_000
# What is told of a space that goes, and does not go with it.
STAYING = "metering_points"


def plan_text(
    *, title: str, changes: Iterable[Line], summary: Mapping[str, int], notes: Iterable[str]
) -> str:
    """Return the plan as lines: refusals first, then the changes; what is made inside of what is
    made is counted, not listed.
    """
    changes = list(changes)
    lines = [title, "", *_body(changes), ""]
    lines += [f"Note: {note}" for note in notes]
    return "\n".join([*lines, totals(summary), ""])


def totals(summary: Mapping[str, int]) -> str:
    """Return the counts in one sentence."""
    if not summary:
        return "Nothing to do: the building is as declared."
    said = [f"{summary[one]} to {one}" for one in ACTIONS if one in summary and one != REFUSE]
    said += [f"{summary[REFUSE]} refused"] if REFUSE in summary else []
    return ", ".join(said) + "."


def folded(changes: list[Line]) -> Iterator[tuple[Line, int]]:
    """Yield each change worth a line, with how many more of its sort are inside of it.

    A space that is made inside of one that is made, or that goes with one that goes, has no line.
    """
    tops: dict[str, str] = {}
    for action in (CREATE, REMOVE):
        nodes = {one["node"] for one in changes if one["action"] == action}
        for one in changes:
            above = str(one.get("parent"))
            if one["action"] == action and one["noun"] == "space" and above in nodes:
                tops[one["node"]] = tops.get(above, above)
    inside = Counter(tops.values())
    for one in changes:
        is_inside = one["node"] in tops and one["action"] in {CREATE, REMOVE}
        if not is_inside:
            yield one, inside[one["node"]] if one["action"] in {CREATE, REMOVE} else 0


def describe(change: Line, inside: int = 0) -> str:
    """Return one change in words."""
    action, name, kind = change["action"], change["name"], change["kind"]
    what = f"{kind} “{name}”"
    more = f" with {inside} spaces inside" if inside else ""
    if action == RENAME:
        return f"rename {kind} “{change['before']['name']}” to “{change['after']['name']}”"
    if action == CHANGE:
        return f"change {what}: {', '.join(_fields(change))}"
    if action == REMOVE:
        return f"remove {what}{more}{_taken(change.get('takes_with') or {})}"
    if action == REFUSE:
        return f"refused: {what}: {change['reason']}{_sides(change)}"
    return f"{action} {what}{more}"


def counted(counts: Mapping[str, int]) -> list[str]:
    """Return in words how much there is of each sort."""
    return [f"{count} {_sort(sort, count)}" for sort, count in counts.items() if count > 0]


def _sort(sort: str, count: int) -> str:
    words = sort.replace("_", " ")
    if count > 1 or words == "series":
        return words
    return words.removesuffix("ies") + "y" if words.endswith("ies") else words.removesuffix("s")


def _body(changes: list[Line]) -> Iterator[str]:
    for number, (change, inside) in enumerate(folded(changes)):
        if number == MAX_LINES:
            yield f"… and more: {len(changes)} changes in all."
            return
        where = f"   ({change['key']})" if change["key"] else ""
        yield f"{SIGNS[change['action']]} {describe(change, inside)}{where}"


def _fields(change: Line) -> Iterator[str]:
    before, after = change.get("before") or {}, change.get("after") or {}
    for field in after:
        name = field.removeprefix("properties.")
        yield f"{name} {_value(before.get(field))} → {_value(after[field])}"


def _sides(change: Line) -> str:
    if not change.get("conflict"):
        return ""
    fields = "; ".join(_fields(change))
    return f" [{change['conflict']}{': ' if fields else ''}{fields}]"


def _taken(counts: Mapping[str, int]) -> str:
    """Return what goes with a space, and what stays without one."""
    said = counted({sort: counts[sort] for sort in counts if sort not in {"spaces", STAYING}})
    taken = f", which takes with it {', '.join(said)}" if said else ""
    left = counts.get(STAYING, 0)
    stays = "1 metering point stays" if left == 1 else f"{left} metering points stay"
    return f"{taken}; {stays} without a space" if left else taken


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else orjson.dumps(value).decode()
