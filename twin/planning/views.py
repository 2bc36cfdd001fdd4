"""Three-way merge of the views of a building, with the members that templates put into them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from config.lib.ids import uuid7
from twin.definitions.format import Definition, ViewDefinition
from twin.planning.changes import (
    BOTH,
    CHANGE,
    CREATE,
    KEEP_LOCAL,
    REFUSE,
    REMOVE,
    RENAME,
    TAKE_TEMPLATE,
    Change,
    Live,
    StandingView,
)
from twin.planning.fields import merged, same
from twin.planning.spaces import REASON_NEW, REASON_TEMPLATE, Merging

FIELDS = ("name", "description", "rule")
REASON_RENAMED = "What its rule names is called otherwise now."
Views = Mapping[str, ViewDefinition]


def merge_views(merging: Merging, *, base: Definition | None, live: Live) -> None:
    """Make, change and remove views as the new definition has them; views of one's own stay."""
    definition = merging.theirs.definition
    theirs: Views = definition.views if definition else {}
    before: Views = base.views if base else {}
    by_key = {view.key: view for view in live.views.values() if view.key}
    final: dict[UUID, StandingView] = dict(live.views)
    for key, view in theirs.items():
        origin = next((one for one in (key, *view.renamed_from) if one in by_key), key)
        ours = by_key.get(origin)
        if ours is not None:
            _merge(merging, view, ours, base=before.get(origin), final=final)
        elif origin not in before and not set(view.renamed_from) & before.keys():
            _create(merging, view)
        _members(merging, view, ours, base=before.get(origin), live=live)
    kept = {one for key, view in theirs.items() for one in (key, *view.renamed_from)}
    for key in before.keys() - kept:
        if key in by_key:
            _remove(merging, by_key[key], before[key], final=final)
    _follow_renames(merging, final)
    _tell_of_wider(merging, live)
    updates = (view for key, view in final.items() if view != live.views[key])
    merging.outcome.work.update_views += updates


def _line(action: str, view: StandingView, *, reason: str, **more: Any) -> Change:
    return Change(
        action=action,
        noun="view",
        node=view.id,
        key=view.key,
        kind="view",
        name=view.name,
        reason=reason,
        **more,
    )


def _create(merging: Merging, view: ViewDefinition) -> None:
    made = StandingView(uuid7(), view.name, view.description, view.rule_document, view.key)
    merging.outcome.work.create_views.append(made)
    after = {"name": view.name} | ({"rule": view.rule_document} if view.rule_document else {})
    merging.outcome.changes.append(_line(CREATE, made, reason=REASON_NEW, after=after))


def _merge(
    merging: Merging,
    view: ViewDefinition,
    ours: StandingView,
    *,
    base: ViewDefinition | None,
    final: dict[UUID, StandingView],
) -> None:
    shall = {"name": view.name, "description": view.description, "rule": view.rule_document}
    held: dict[str, Any] = {}
    for field in FIELDS:
        stands = getattr(ours, field)
        was = stands if base is None else _field(base, field)
        held[field] = _settle(merging, ours, field, was=was, stands=stands, shall=shall[field])
    now = replace(ours, key=view.key, **held)
    final[ours.id] = now
    _tell(merging, ours, now=now, reason=REASON_TEMPLATE)


def _field(view: ViewDefinition, field: str) -> Any:
    return view.rule_document if field == "rule" else getattr(view, field)


def _settle(
    merging: Merging, view: StandingView, field: str, *, was: Any, stands: Any, shall: Any
) -> Any:
    """Return the value that holds; a clash without a choice becomes a refusal."""
    value, is_clash = merged(base=was, ours=stands, theirs=shall)
    conflict = f"views/{view.key}#{field}"
    if not is_clash or merging.choice(conflict) == KEEP_LOCAL:
        return stands if is_clash else value
    if merging.choice(conflict) != TAKE_TEMPLATE:
        reason = f"The {field} was changed here and in the template: choose one."
        merging.outcome.changes.append(
            _line(
                REFUSE,
                view,
                reason=reason,
                code="conflict",
                conflict=conflict,
                choices=BOTH,
                before={field: stands},
                after={field: shall},
            )
        )
    return shall


def _tell(merging: Merging, ours: StandingView, *, now: StandingView, reason: str) -> None:
    if now.name != ours.name:
        before, after = {"name": ours.name}, {"name": now.name}
        merging.outcome.changes.append(
            _line(RENAME, now, reason=reason, before=before, after=after)
        )
    fields = [one for one in FIELDS[1:] if not same(getattr(ours, one), getattr(now, one))]
    if fields:
        before, after = ({one: getattr(view, one) for one in fields} for view in (ours, now))
        merging.outcome.changes.append(
            _line(CHANGE, now, reason=reason, before=before, after=after)
        )


def _remove(
    merging: Merging, view: StandingView, base: ViewDefinition, *, final: dict[UUID, StandingView]
) -> None:
    """Remove a view that the template has no more; one that was changed here is a conflict."""
    conflict = f"views/{view.key}#removal"
    is_edited = any(not same(getattr(view, one), _field(base, one)) for one in FIELDS)
    chosen = merging.choice(conflict) if is_edited else TAKE_TEMPLATE
    if chosen == KEEP_LOCAL:
        return
    if chosen != TAKE_TEMPLATE:
        reason = "The template has it no more, but it was changed here: choose one."
        line = _line(REFUSE, view, reason=reason, code="conflict", conflict=conflict, choices=BOTH)
        merging.outcome.changes.append(line)
        return
    del final[view.id]
    merging.outcome.work.remove_views.append(view.id)
    merging.outcome.changes.append(_line(REMOVE, view, reason="The template has it no more."))


def _members(
    merging: Merging,
    view: ViewDefinition,
    ours: StandingView | None,
    *,
    base: ViewDefinition | None,
    live: Live,
) -> None:
    """Put in what the template newly names, take out what it names no more."""
    work = merging.outcome.work
    made = next((one for one in work.create_views if one.key == view.key), None)
    holder = ours or made
    if holder is None:
        return
    before = set(base.members) if base else set()
    shall = {merging.origins.get(key, key): key for key in view.members}
    for origin, key in shall.items():
        node = merging.nodes.get(key)
        if origin not in before and node and (holder.id, node) not in live.members:
            work.add_members.append((holder.id, node))
    for origin in before - shall.keys():
        node = merging.by_key.get(origin)
        if node in merging.final and (holder.id, node) in live.members:
            work.remove_members.append((holder.id, node))


def _follow_renames(merging: Merging, final: dict[UUID, StandingView]) -> None:
    """Let the rules that were written here name kinds and keys as they are called now."""
    keys = merging.new_keys
    if not (merging.renamed_kinds or keys):
        return
    for key, view in final.items():
        rule = _renamed(view.rule, kinds=merging.renamed_kinds, keys=keys)
        if not same(rule, view.rule):
            final[key] = now = replace(view, rule=rule)
            _tell(merging, view, now=now, reason=REASON_RENAMED)


def _tell_of_wider(merging: Merging, live: Live) -> None:
    """Tell which views across sites name a kind by its old name: other sites still have it."""
    for view in live.wider:
        for old, new in merging.renamed_kinds.items():
            if not same(_renamed(view.rule, kinds={old: new}, keys={}), view.rule):
                merging.outcome.notes.append(
                    f"The view {view.name}, across all sites, names {old}, here {new} then: "
                    "let it name both."
                )


def _renamed(rule: Any, *, kinds: Mapping[str, str], keys: Mapping[str, str]) -> Any:
    """Return a rule with other names; what it says of tags and values stays."""
    if isinstance(rule, list):
        return [_renamed(one, kinds=kinds, keys=keys) for one in rule]
    if not isinstance(rule, dict):
        return rule
    return dict(_renamed_parts(rule, kinds=kinds, keys=keys))


def _renamed_parts(
    rule: Mapping[str, Any], *, kinds: Mapping[str, str], keys: Mapping[str, str]
) -> Iterator[tuple[str, Any]]:
    names = {"kinds": kinds, "keys": keys}
    for condition, value in rule.items():
        if condition in names and isinstance(value, list):
            yield condition, list(dict.fromkeys(names[condition].get(one, one) for one in value))
        elif condition in {"tags", "properties", "categories"}:
            yield condition, value
        else:
            yield condition, _renamed(value, kinds=kinds, keys=keys)
