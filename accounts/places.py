"""What a consent may be limited to: the registry through which accounts asks for sites and spaces.

Accounts knows who consents to what; the app above, which knows the places, registers its book of
them when it is ready. The book answers by the same gates as the API.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol
from uuid import UUID

from accounts.models import Consent
from accounts.principals import Principal
from accounts.selectors import terms_of


@dataclass(frozen=True, slots=True)
class Place:
    """A site, space, gateway or device as a person reads it; ``where`` is what it stands in.

    ``can_choose`` is false for a site that is known by name alone, because of a part of it.
    """

    id: UUID
    kind: str
    name: str
    where: str = ""
    has_parts: bool = False
    can_choose: bool = True


class PlaceBook(Protocol):
    """What the app of places answers; each costs a constant number of queries."""

    def top(self, principal: Principal, *, limit: int) -> list[Place]:
        """Return the first sites that the principal sees, by name."""

    def parts(
        self, principal: Principal, places: Collection[UUID], *, limit: int
    ) -> Mapping[UUID, list[Place]]:
        """Return what stands directly in each of the places, in order, so many of each."""

    def find(self, principal: Principal, text: str, *, limit: int) -> list[Place]:
        """Return places that the principal sees whose name holds the text."""

    def named(self, principal: Principal, ids: Collection[UUID]) -> Mapping[UUID, Place]:
        """Return those of the nodes that the principal sees and a consent can be limited to."""

    def chosen(self, consents: Collection[UUID]) -> Mapping[UUID, Collection[UUID]]:
        """Return the nodes to which consents are limited."""

    def covered(self, consent: Consent, nodes: Collection[UUID]) -> Collection[UUID]:
        """Return those of the nodes that a limited consent covers."""

    def cover(self, consent: Consent, nodes: Collection[UUID] | None) -> None:
        """Let the consent cover these nodes alone, or all with None."""


@dataclass
class Registry:
    """Holds the one book."""

    _books: ClassVar[list[PlaceBook]] = []

    def register(self, book: PlaceBook) -> None:
        """Keep the book of the app that knows the places."""
        self._books[:] = [book]

    @property
    def book(self) -> PlaceBook:
        """Return the book."""
        return self._books[0]


registry = Registry()


def within(consent: Consent, principal: Principal) -> Principal:
    """Return the principal as far as the consent reaches."""
    return replace(principal, terms=terms_of(consent), memo={})


@dataclass(frozen=True, slots=True)
class Shown:
    """A node of a consent as its user is shown it; without a name where they do not see it."""

    id: UUID
    kind: str | None
    name: str | None
    where: str = ""


def name_places(consents: Iterable[Consent], principal: Principal) -> None:
    """Tell each limited consent the names of its nodes, as ``consent.places`` (None: all).

    A constant number of queries, none if no consent is limited. What the principal does not see
    has no name.
    """
    limited = [consent for consent in consents if consent.is_limited]
    if not limited:
        return
    chosen = registry.book.chosen([consent.pk for consent in limited])
    named = registry.book.named(principal, {node for nodes in chosen.values() for node in nodes})
    for consent in limited:
        places = (_shown(node, named.get(node)) for node in chosen.get(consent.pk, ()))
        consent.places = sorted(places, key=lambda place: (place.name or "~", str(place.id)))


def _shown(node: UUID, place: Place | None) -> Shown:
    if place is None:
        return Shown(node, None, None)
    return Shown(node, place.kind, place.name, place.where)
