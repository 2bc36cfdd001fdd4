"""The written rules of docs/access.md once more, naively: no SQL, no sets of areas, one question.

Everything is a plain name. ``above`` maps each space to what it stands in (a space or a site) and
each site to its organisation, if it has one.
"""

from dataclasses import dataclass, field
from datetime import datetime

FINENESS = ["raw", "15m", "1h", "1d", "1mo"]
ROLE_SEES = {"viewer", "operator", "admin", "owner"}


@dataclass
class Granted:
    """A grant in force."""

    node: str
    party: str


@dataclass
class Lived:
    """An occupancy; ``until`` None: for good."""

    space: str
    person: str
    since: datetime
    until: datetime | None

    def holds(self, moment: datetime) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass
class Rules:
    """The state of the world, and what follows from it for one person and one thing."""

    above: dict[str, str | None]
    works_for: dict[str, str]
    owner_of: dict[str, str]
    homes: set[str]
    first_place: dict[str, str] = field(default_factory=dict)
    place: dict[str, str | None] = field(default_factory=dict)
    belongs_to: dict[str, str | None] = field(default_factory=dict)
    grants: list[Granted] = field(default_factory=list)
    lived: list[Lived] = field(default_factory=list)
    members: set[tuple[str, str]] = field(default_factory=set)
    chosen: dict[str, set[str]] = field(default_factory=dict)

    def way_up(self, thing: str | None) -> list[str]:
        """Return the thing and all that it stands in, up to the site."""
        found = []
        while thing is not None:
            found.append(thing)
            thing = self.above.get(thing)
        return found

    def site_of(self, thing: str | None) -> str | None:
        return self.way_up(thing)[-1] if thing else None

    def is_covered(self, person: str, chain: list[str]) -> bool:
        """Say whether the person's consent covers something that stands in all of these."""
        return person not in self.chosen or bool(self.chosen[person] & set(chain))

    def has_lasting_right(self, person: str, chain: list[str], owner: str | None) -> bool:
        """Organisation, home membership or grant: whatever does not hang on living there."""
        if owner is not None and self.works_for.get(person) == owner:
            return True
        if any((person, place) in self.members and place in self.homes for place in chain):
            return True
        parties = {person, self.works_for.get(person)}
        return any(one.node in chain and one.party in parties for one in self.grants)

    def lives_in(self, person: str, chain: list[str], moment: datetime) -> bool:
        return any(
            one.person == person and one.space in chain and one.holds(moment) for one in self.lived
        )

    def sees(self, person: str, thing: str, now: datetime) -> bool:
        """Say whether a space or device is visible."""
        inside = self.place[thing] if thing in self.belongs_to else self.above[thing]
        chain = [thing, *self.way_up(inside)]
        owner = self.belongs_to.get(thing, self.owner_of.get(self.site_of(thing) or ""))
        right = self.has_lasting_right(person, chain, owner) or self.lives_in(person, chain, now)
        return right and self.is_covered(person, chain)

    def sees_site(self, person: str, site: str, now: datetime) -> bool:
        """Say whether a site is visible: by a right to anything in it, by name at least."""
        inside = [one for one in self.above if site in self.way_up(one)]
        inside += [one for one, place in self.place.items() if site in self.way_up(place)]
        right = (person, site) in self.members or any(
            self.has_lasting_right(person, [one], self.owner_of.get(site))
            or self.lives_in(person, [one], now)
            for one in [site, *inside]
        )
        return right and self.is_covered(person, [site, *inside])

    def finest(self, person: str, device: str, moment: datetime, began: datetime) -> str | None:
        """Return how finely the device's readings of a moment may be read."""
        place = self.first_place.get(device) if moment < began else self.place[device]
        chain = [device, *self.way_up(place)]
        if not self.is_covered(person, chain):
            return None
        if self.lives_in(person, chain, moment):
            return "raw"
        if not self.has_lasting_right(person, chain, self.belongs_to[device]):
            return None
        return (
            "1mo" if any(one.space in chain and one.holds(moment) for one in self.lived) else "raw"
        )
