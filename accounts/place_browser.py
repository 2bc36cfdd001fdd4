"""The places of the consent form as they are shown: a tree unfolded on demand, or what was found.

A user may have 50 sites with 5,000 spaces: what is folded is not loaded, and there is a search.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django import forms

from accounts.places import Place, PlaceBook

SITES_SHOWN: Final = 60
PARTS_SHOWN: Final = 100
FOUND_SHOWN: Final = 40
MAX_OPENED: Final = 200
# Up to so many places there is nothing to search.
FEW: Final = 8


@dataclass(frozen=True, slots=True)
class Branch:
    """A place as shown: chosen or not, unfolded or not, with what stands in it."""

    place: Place
    is_chosen: bool
    is_open: bool = False
    branches: list["Branch"] = field(default_factory=list)
    has_more: bool = False


class PlaceBrowser:
    """What of the places is shown, for the state that a form carries."""

    def __init__(self, form: forms.Form, book: PlaceBook) -> None:
        self.form, self.book = form, book
        self.principal: Any = form.principal  # type: ignore[attr-defined]

    def _ids(self, name: str) -> set[UUID]:
        """Return what the form carries; what is no id is told when the form is checked."""
        bound = self.form[name]
        given = bound.value() if self.form.is_bound else self.form.initial.get(name)
        return {UUID(text) for text in given or () if _is_id(text)}

    def _pressed(self, button: str) -> set[UUID]:
        text = self.form.data.get(button, "") if self.form.is_bound else ""
        return {UUID(text)} if _is_id(text) else set()

    @cached_property
    def chosen(self) -> set[UUID]:
        """Return the ids that are ticked."""
        return self._ids("nodes")

    @cached_property
    def opened(self) -> list[UUID]:
        """Return the ids that are unfolded; of one site alone, that site."""
        known = (self._ids("opened") | self._pressed("open")) - self._pressed("close")
        if not self.form.is_bound and len(self.top) == 1:
            known.add(self.top[0].id)
        return sorted(known)[:MAX_OPENED]

    @cached_property
    def top(self) -> list[Place]:
        """Return the first sites, one more than are shown."""
        return self.book.top(self.principal, limit=SITES_SHOWN + 1)

    @cached_property
    def query(self) -> str:
        """Return what is searched for."""
        return str(self.form["q"].value() or "").strip()[:100] if self.form.is_bound else ""

    @property
    def has_search(self) -> bool:
        """Say whether there is so much that a search helps."""
        return len(self.top) > FEW or any(place.has_parts for place in self.top)

    @property
    def has_more(self) -> bool:
        """Say whether there are more sites than are shown."""
        return len(self.top) > SITES_SHOWN

    @cached_property
    def branches(self) -> list[Branch]:
        """Return the sites, with what is unfolded in them; two queries."""
        parts = self.book.parts(self.principal, self.opened, limit=PARTS_SHOWN + 1)
        return [self._branch(place, parts) for place in self.top[:SITES_SHOWN]]

    @cached_property
    def found(self) -> list[Branch]:
        """Return the places whose name holds what is searched for."""
        if not self.query:
            return []
        places = self.book.find(self.principal, self.query, limit=FOUND_SHOWN)
        return [Branch(place, place.id in self.chosen) for place in places]

    @cached_property
    def elsewhere(self) -> list[Branch]:
        """Return what is chosen and not shown otherwise, so that it can be taken back."""
        shown = {branch.place.id for branch in _walk(self.found if self.query else self.branches)}
        hidden = self.chosen - shown
        places = self.book.named(self.principal, hidden) if hidden else {}
        return [Branch(place, is_chosen=True) for place in places.values()]

    def _branch(self, place: Place, parts: Mapping[UUID, list[Place]]) -> Branch:
        is_open = place.id in self.opened
        inside = parts.get(place.id, []) if is_open else []
        return Branch(
            place,
            is_chosen=place.id in self.chosen,
            is_open=is_open,
            branches=[self._branch(part, parts) for part in inside[:PARTS_SHOWN]],
            has_more=len(inside) > PARTS_SHOWN,
        )


def _walk(branches: list[Branch]) -> Iterator[Branch]:
    for branch in branches:
        yield branch
        yield from _walk(branch.branches)


def _is_id(text: object) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True
