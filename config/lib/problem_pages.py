"""A readable page behind the type of every problem: RFC 9457 section 3.1.1 recommends one."""

from collections.abc import Iterator
from inspect import cleandoc

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from config.lib.errors import DomainError


def kinds(root: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Yield every kind of error that is known, below the root."""
    for kind in root.__subclasses__():
        if "slug" in vars(kind):
            yield kind
        yield from kinds(kind)


def problem_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what a problem's type means."""
    kind = next((kind for kind in kinds() if kind.slug == slug), None)
    if kind is None:
        raise Http404
    context = {
        "slug": slug,
        "title": kind.title,
        "status": int(kind.status),
        "meaning": cleandoc(kind.__doc__ or "").partition("\n")[0],
    }
    return render(request, "atrium/problem.html", context)
