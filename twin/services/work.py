"""The work of a plan, as it is stored: rows as lists, ids as text."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from twin.planning.changes import Standing, StandingView, Work

Document = dict[str, Any]


def dump_work(work: Work) -> Document:
    """Return the work as JSON."""
    return {
        "create": [dump_space(one) for one in work.create],
        "update": [dump_space(one) for one in work.update],
        "remove": _texts(work.remove),
        "relocate": [_texts(pair) for pair in work.relocate.items()],
        "create_views": [dump_view(one) for one in work.create_views],
        "update_views": [dump_view(one) for one in work.update_views],
        "remove_views": _texts(work.remove_views),
        "add_members": [_texts(pair) for pair in work.add_members],
        "remove_members": [_texts(pair) for pair in work.remove_members],
        "remove_edges": _texts(work.remove_edges),
        "dropped": work.dropped,
        "create_edges": [[str(key), kind, *_texts(ends)] for key, kind, *ends in work.create_edges],
        "merges": [_texts(pair) for pair in work.merges],
    }


def load_work(document: Document) -> Work:
    """Return the work that `dump_work` wrote."""
    return Work(
        create=[load_space(row) for row in document["create"]],
        update=[load_space(row) for row in document["update"]],
        remove=_ids(document["remove"]),
        relocate={UUID(source): UUID(target) for source, target in document["relocate"]},
        create_views=[load_view(row) for row in document["create_views"]],
        update_views=[load_view(row) for row in document["update_views"]],
        remove_views=_ids(document["remove_views"]),
        add_members=[(UUID(view), UUID(node)) for view, node in document["add_members"]],
        remove_members=[(UUID(view), UUID(node)) for view, node in document["remove_members"]],
        remove_edges=_ids(document.get("remove_edges", ())),
        dropped=list(document.get("dropped", ())),
        create_edges=[
            (UUID(key), kind, UUID(source), UUID(target))
            for key, kind, source, target in document.get("create_edges", ())
        ],
        merges=[(UUID(one), UUID(into)) for one, into in document.get("merges", ())],
    )


def dump_space(space: Standing) -> list[Any]:
    """Return a space's row as JSON."""
    parent = str(space.parent) if space.parent else None
    rest = [space.position, space.kind, space.name, dict(space.properties), space.key]
    return [str(space.id), parent, *rest]


def load_space(row: list[Any]) -> Standing:
    """Return the space of a row."""
    key, parent, *rest = row
    return Standing(UUID(key), UUID(parent) if parent else None, *rest)


def dump_view(view: StandingView) -> list[Any]:
    """Return a view's row as JSON."""
    return [str(view.id), view.name, view.description, view.rule, view.key]


def load_view(row: list[Any]) -> StandingView:
    """Return the view of a row."""
    return StandingView(UUID(row[0]), *row[1:])


def _texts(keys: Iterable[UUID]) -> list[str]:
    return [str(key) for key in keys]


def _ids(texts: Iterable[str]) -> list[UUID]:
    return [UUID(text) for text in texts]
