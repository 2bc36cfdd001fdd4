"""What people hang into spaces one by one, told and placed by the app that has it.

Plans move whole contents (``twin.contents``); an editor shows single devices and gateways, finds
more of them and puts one somewhere. The apps above register theirs in ``AppConfig.ready``.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from twin.choices import NodeKind
from twin.models import Site, Space


@dataclass(frozen=True, slots=True)
class Fitting:
    """A device or gateway: ``space`` is None if it stands in the site itself, or nowhere."""

    node: UUID
    sort: NodeKind
    name: str
    category: str
    type: str
    status: str
    site: UUID | None
    space: UUID | None


@dataclass(frozen=True, slots=True)
class Search:
    """What a slot asks for: things whose name holds the text, of one of the categories or types."""

    text: str = ""
    categories: Collection[str] = ()
    types: Collection[str] = ()


class Fitter(Protocol):
    """An app that has things to hang into spaces."""

    # What staff must be allowed in the admin site to place one of each sort.
    permissions: ClassVar[Mapping[NodeKind, str]]

    def at(self, site: Site) -> Iterable[Fitting]:
        """Return what stands at a site, in a constant number of queries."""

    def spare(self, site: Site, search: Search, *, limit: int) -> Iterable[Fitting]:
        """Return what the site's owner has that stands at no site yet."""

    def find(self, node: UUID) -> Fitting | None:
        """Return the thing of that id, if it is one of the app's."""

    def place(self, node: UUID, *, site: Site | None, space: Space | None) -> None:
        """Put the thing into a space, or into the site alone, or nowhere."""


_fitters: list[Fitter] = []


def register_fitter(fitter: Fitter) -> None:
    """Let an app tell and place what it has."""
    if fitter not in _fitters:
        _fitters.append(fitter)


def fittings_at(site: Site) -> list[Fitting]:
    """Return what stands at a site."""
    return [one for fitter in _fitters for one in fitter.at(site)]


def spare_fittings(site: Site, search: Search, *, limit: int) -> list[Fitting]:
    """Return what could be brought to a site."""
    found = [one for fitter in _fitters for one in fitter.spare(site, search, limit=limit)]
    return found[:limit]


def find_fitting(node: UUID) -> tuple[Fitter, Fitting] | None:
    """Return a thing with the app that has it."""
    for fitter in _fitters:
        if (found := fitter.find(node)) is not None:
            return fitter, found
    return None
