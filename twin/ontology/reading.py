"""Read a model in Turtle or JSON-LD; nothing is fetched, whatever the text names.

Source: RDF 1.1 Turtle; JSON-LD 1.1, section 3.1 (contexts may be remote: here they may not).
"""

from collections.abc import Iterator
from typing import Any

import orjson

from config.lib import extras
from twin.definitions.findings import Finding, UnfitParameters

MAX_BYTES = 2 * 1024 * 1024
MAX_STATEMENTS = 100_000
# What rdflib's parsers raise for a broken text; BadSyntax is a SyntaxError.
BROKEN = (SyntaxError, ValueError, LookupError, TypeError, AttributeError, AssertionError)
FORMATS = {"text/turtle": "turtle", "application/ld+json": "json-ld"}


def read_model(body: bytes, *, media_type: str) -> Any:
    """Return the model as an rdflib graph.

    Raises: UnfitParameters, if it is too large, malformed, or names a remote context; ExtraMissing.
    """
    rdflib = extras.load("rdflib", extra="brick")
    if len(body) > MAX_BYTES:
        refuse("too-large", f"A model has at most {MAX_BYTES // 1024**2} MiB.")
    if media_type == "application/ld+json":
        _refuse_remote_contexts(body)
    graph = rdflib.Graph()
    try:
        graph.parse(data=body, format=FORMATS[media_type], publicID="urn:model:")
    except RecursionError:
        refuse("too-deep", "The model nests too deeply.")
    except (*BROKEN, rdflib.exceptions.Error) as error:
        refuse("malformed", f"This is no {FORMATS[media_type]}: {str(error)[:300]}.")
    if len(graph) > MAX_STATEMENTS:
        refuse("too-large", f"A model has at most {MAX_STATEMENTS:,} statements.")
    return graph


def refuse(code: str, detail: str) -> None:
    """Refuse the model as a whole."""
    raise UnfitParameters([Finding("#", code, detail)])


def _refuse_remote_contexts(body: bytes) -> None:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UnfitParameters([Finding("#", "malformed", f"This is no JSON: {error}.")]) from error
    for address in _remote(document):
        refuse("remote-context", f"Write the context out; {address[:200]!r} is not fetched.")


def _remote(value: Any) -> Iterator[str]:
    """Yield each address that a context of the document names."""
    if isinstance(value, list):
        for inner in value:
            yield from _remote(inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "@context":
                yield from (one for one in _listed(inner) if isinstance(one, str))
            if key == "@import" and isinstance(inner, str):
                yield inner
            yield from _remote(inner)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
