"""What the things behind nodes are, told by the app that has them.

A relationship's type may ask for a device of some category; twin knows no devices. The devices
app registers a describer in its ``AppConfig.ready``, twin does so for its own nouns below.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

from twin.choices import NodeKind
from twin.models import Node, Space, View

Describer = Callable[[Collection[UUID]], Mapping[UUID, str]]
_describers: dict[str, Describer] = {}


def register_describer(kind: NodeKind, describer: Describer) -> None:
    """Let a function tell, for nodes of one kind, each one's kind or category by id."""
    _describers[kind.value] = describer


def describe(nodes: Iterable[Node]) -> dict[UUID, str]:
    """Return each node's kind of space, category of device or key of view, where it is known.

    One query for each kind of node among them.
    """
    by_kind: dict[str, list[UUID]] = {}
    for node in nodes:
        by_kind.setdefault(node.kind, []).append(node.pk)
    known: dict[UUID, str] = {}
    for kind, keys in by_kind.items():
        if kind in _describers:
            known.update(_describers[kind](keys))
    return known


def _describe_spaces(keys: Collection[UUID]) -> dict[UUID, str]:
    return dict(Space.objects.filter(pk__in=keys).values_list("pk", "kind"))


def _describe_views(keys: Collection[UUID]) -> dict[UUID, str]:
    return dict(View.objects.filter(pk__in=keys).values_list("pk", "template_key"))


register_describer(NodeKind.SPACE, _describe_spaces)
register_describer(NodeKind.VIEW, _describe_views)
