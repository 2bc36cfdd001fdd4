"""Every route of the REST API, as the URLconf knows it."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver

from config.lib.viewsets import ApiViewSet

NOBODY = UUID("01900000-0000-7000-8000-000000000000")
METHODS = ("get", "post", "put", "patch", "delete")
SAMPLES: dict[str, Any] = {"uuid": NOBODY, "int": 1, "str": "sample", "slug": "sample"}


@dataclass(frozen=True)
class Route:
    """One path with the methods it serves and the action behind each."""

    path: str
    kind: type[ApiViewSet]
    actions: tuple[tuple[str, str], ...]

    @property
    def url(self) -> str:
        """The path with a sample in each place: an id that nobody has."""
        return f"/{_filled(self.path)}"

    @property
    def served(self) -> dict[str, str]:
        """HTTP method -> action."""
        return dict(self.actions)

    def __str__(self) -> str:
        return self.path


def _filled(path: str) -> str:
    parts = path.replace("<", "\0<").replace(">", ">\0").split("\0")
    return "".join(
        str(SAMPLES.get(part[1:-1].partition(":")[0], "sample")) if part.startswith("<") else part
        for part in parts
    )


def _walk(resolver: URLResolver, prefix: str = "") -> list[tuple[str, URLPattern]]:
    found: list[tuple[str, URLPattern]] = []
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        found += _walk(pattern, path) if isinstance(pattern, URLResolver) else [(path, pattern)]
    return found


@lru_cache(maxsize=1)
def routes() -> tuple[Route, ...]:
    """Return every route of the REST API, in the order of their paths."""
    found = []
    for path, pattern in _walk(get_resolver()):
        kind = getattr(pattern.callback, "cls", None)
        if kind is not None and issubclass(kind, ApiViewSet):
            actions = getattr(pattern.callback, "actions", {})
            served = tuple((method, name) for method, name in actions.items() if method != "head")
            found.append(Route(path, kind, served))
    found.sort(key=lambda route: route.path)
    assert all(left.path != right.path for left, right in pairwise(found)), "a path is there twice"
    return tuple(found)


def calls(*, is_open: bool) -> list[tuple[Route, str, str | None]]:
    """Return (route, method, scope) of every call, open ones or those that need a scope."""
    return [
        (route, method, route.kind.required_scopes.get(action))
        for route in routes()
        for method, action in route.actions
        if (route.kind.required_scopes.get(action) is None) == is_open
    ]
