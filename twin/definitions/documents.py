"""Read a definition from YAML or JSON text, bounded in size, depth and meaning.

YAML is read by the rules of YAML 1.2's core schema, so that ``on``, ``12:30`` and ``2024-01-01``
stay texts; aliases and repeated keys are refused, since nobody reads them the same way twice.
"""

import re
from typing import Any

import yaml

from twin.definitions.findings import Finding

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 40

_RESOLVERS = (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]{1,18}$", list("-+0123456789")),
    (
        "float",
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
        list("-+.0123456789"),
    ),
)


class UnreadableDocument(Exception):
    """The text is no definition at all; carries the one finding that says why."""

    def __init__(self, code: str, detail: str) -> None:
        self.finding = Finding("#", code, detail)
        super().__init__(detail)


class _Loader(yaml.SafeLoader):
    """A YAML loader that yields what JSON could have said, and nothing else."""

    yaml_implicit_resolvers: dict[str, Any] = {}
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose one node, refusing aliases and bottomless nesting."""
        if self.check_event(yaml.events.AliasEvent):
            raise UnreadableDocument("yaml-alias", "Write the value out: YAML aliases are refused.")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise too_deep()
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Construct a mapping, refusing a key that stands twice and a key that is no text."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise UnreadableDocument("key-not-text", f"Quote the key {key.value!r}.")
            if key.value in seen:
                raise UnreadableDocument("repeated-key", f"The key {key.value!r} stands twice.")
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.SafeDumper):
    """A YAML dumper that quotes what any reader, of YAML 1.1 or 1.2, would take for no text."""

    yaml_implicit_resolvers = {
        first: list(known) for first, known in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value out."""
        return True


def _decimal(loader: yaml.SafeLoader, node: Any) -> int:
    return int(loader.construct_scalar(node))


for _tag, _pattern, _first in _RESOLVERS:
    for _kind in (_Loader, _Dumper):
        _kind.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)
# The inherited constructor would read 010 as octal.
_Loader.add_constructor("tag:yaml.org,2002:int", _decimal)


def too_deep() -> UnreadableDocument:
    """Return the refusal of a document that nests too deeply."""
    return UnreadableDocument("too-deep", f"Nest at most {MAX_DEPTH} levels.")


def read_document(text: str) -> object:
    """Return what a YAML or JSON text says, in JSON's types.

    Raises: UnreadableDocument, for bad syntax, aliases, repeated keys, excess of size or depth.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnreadableDocument("too-long", f"Use at most {MAX_CHARACTERS:,} characters.")
    try:
        loader = _Loader(text)
        return loader.get_single_data()
    except yaml.YAMLError as error:
        raise UnreadableDocument("bad-syntax", _place(error)) from error


def write_document(document: object) -> str:
    """Return YAML that `read_document` reads as the same again, keys in their order."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def depth_of(document: object, *, at_most: int = MAX_DEPTH) -> int:
    """Return how deeply lists and mappings nest, without recursion and no further than needed."""
    depth, level = 0, [document]
    while level and depth <= at_most:
        depth += 1
        level = [child for item in level for child in _children(item)]
    return depth


def _children(item: object) -> list[object]:
    """Return the lists and mappings directly inside the item."""
    if isinstance(item, dict):
        inner: list[object] = list(item.values())
    else:
        inner = item if isinstance(item, list) else []
    return [child for child in inner if isinstance(child, dict | list)]


def _place(error: yaml.YAMLError) -> str:
    """Say in one sentence where the text stops being YAML."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "this is not YAML"
    where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"The text cannot be read{where}: {problem}."
