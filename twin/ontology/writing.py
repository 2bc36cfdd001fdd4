"""Write resources as Turtle and as JSON-LD; neither needs a package that is not always there.

Source: RDF 1.1 Turtle, sections 2.3, 2.5 and 6.4; JSON-LD 1.1, sections 3.1 and 4.1.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from twin.ontology.export import Export, Resource

# What may stand after a prefix without escapes. Source: Turtle, PN_LOCAL, less than it allows.
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*:[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?")


def as_json_ld(export: Export) -> bytes:
    """Return the resources as one JSON-LD document with its context inside."""
    return orjson.dumps({"@context": export.prefixes, "@graph": export.resources})


def as_turtle(export: Export) -> bytes:
    """Return the resources as Turtle, one paragraph each."""
    lines = [f"@prefix {name}: <{iri}> ." for name, iri in export.prefixes.items()]
    paragraphs = ["\n".join(lines), *(_paragraph(one) for one in export.resources)]
    return ("\n\n".join(paragraphs) + "\n").encode()


def _paragraph(resource: Resource) -> str:
    parts = [f"a {', '.join(map(_name, resource['@type']))}"]
    parts += [
        f"{_name(key)} {', '.join(_objects(value))}"
        for key, value in resource.items()
        if not key.startswith("@")
    ]
    return f"{_name(resource['@id'])} " + " ;\n    ".join(parts) + " ."


def _objects(value: Any) -> Iterator[str]:
    """Yield references as names and all else as literals."""
    if isinstance(value, list):
        yield from (_name(one["@id"]) for one in value)
    else:
        yield _literal(value)


def _literal(value: Any) -> str:
    """Return a literal; the escapes of JSON are those of Turtle, without surrogates."""
    text = value if isinstance(value, str) else str(value)
    return json.dumps(text, ensure_ascii=False)


def _name(text: str) -> str:
    """Return a prefixed name, or an absolute one in angle brackets."""
    if text.startswith("urn:") or not PLAIN.fullmatch(text):
        return f"<{text}>"
    return text
