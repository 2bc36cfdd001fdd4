"""The written rules of docs/access.md once more, naively: no SQL, no sets of areas, one question.

Everything is a plain name. ``above`` maps each space to what it stands in (a space or a site) and
each site to its organisation, if it has one.
"""

from dataclasses import dataclass, field
from datetime import datetime

TIGHTNESS = ["raw", "15m", "1h", "1d", "1mo", "none"]


@dataclass
class Granted:
    """A grant in force."""

    node: str
    party: str


@dataclass
class Lived:
    """An occupancy; ``until`` None: for good. ``closed_until``: when a late end was recorded."""

    space: str
    person: str
    since: datetime
    until: datetime | None
    closed_until: datetime | None = None

    def closes(self, moment: datetime) -> bool:
        """Say whether the moment is closed to others: lived in, or ended only in hindsight."""
        end = self.closed_until or self.until
        return self.since <= moment and (end is None or moment < end)

    def holds(self, moment: datetime) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass
class Told:
    """An event: what it is about with all that it stood in, of when, whether it was measured."""

    chain: list[str]
    owner: str | None
    moment: datetime
    is_measured: bool


@dataclass
class Rules:
    """The state of the world, and what follows from it for one person and one thing."""

    above: dict[str, str | None]
    works_for: dict[str, str]
    owner_of: dict[str, str]
    homes: set[str]
    # The way up from where each device was first put, as it was then.
    first_way: dict[str, list[str]] = field(default_factory=dict)
    # What others read of occupied flats: by site, all that was ever in force, the last one now.
    policies: dict[str, list[str]] = field(default_factory=dict)
    place: dict[str, str | None] = field(default_factory=dict)
    belongs_to: dict[str, str | None] = field(default_factory=dict)
    grants: list[Granted] = field(default_factory=list)
    lived: list[Lived] = field(default_factory=list)
    members: set[tuple[str, str]] = field(default_factory=set)
    chosen: dict[str, set[str]] = field(default_factory=dict)
    # The devices behind each gateway, which acts by its own token.
    behind: dict[str, set[str]] = field(default_factory=dict)
    # What else a person's consent leaves: nothing of before, nothing finer.
    terms: dict[str, tuple[datetime | None, str]] = field(default_factory=dict)

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
        if person in self.behind:
            return bool(self.behind[person] & set(chain))
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
        """Say whether a site is visible: by a right to anything in it, by name at least.

        Not to a gateway, which knows its devices alone.
        """
        if person in self.behind:
            return False
        inside = [one for one in self.above if site in self.way_up(one)]
        inside += [one for one, place in self.place.items() if site in self.way_up(place)]
        right = (person, site) in self.members or any(
            self.has_lasting_right(person, [one], self.owner_of.get(site))
            or self.lives_in(person, [one], now)
            for one in [site, *inside]
        )
        return right and self.is_covered(person, [site, *inside])

    def finest(self, person: str, device: str, moment: datetime, began: datetime) -> str | None:
        """Return how finely the device's readings of a moment may be read, within the consent."""
        history_from, resolution = self.terms.get(person, (None, "raw"))
        by_right = self._finest_by_right(person, device, moment, began)
        if by_right is None or (history_from is not None and moment < history_from):
            return None
        return max(by_right, resolution, key=TIGHTNESS.index)

    def _finest_by_right(
        self, person: str, device: str, moment: datetime, began: datetime
    ) -> str | None:
        way = self.first_way.get(device, []) if moment < began else self.way_up(self.place[device])
        chain = [device, *way]
        if not self.is_covered(person, chain):
            return None
        if self.lives_in(person, chain, moment):
            return "raw"
        if not self.has_lasting_right(person, chain, self.belongs_to[device]):
            return None
        if not any(one.space in chain and one.closes(moment) for one in self.lived):
            return "raw"
        policies = self.policies.get(way[-1], ["1mo"]) if way else ["1mo"]
        in_force = policies if moment < began else policies[-1:]
        view = max(in_force, key=TIGHTNESS.index)
        return None if view == "none" else view

    def hears(self, person: str, event: Told, began: datetime) -> bool:
        """Say whether an event is visible: as one's own, or by a right to where it happened.

        A gateway hears of itself, not of the devices behind it.
        """
        if person in self.behind:
            return False
        history_from, resolution = self.terms.get(person, (None, "raw"))
        is_before = history_from is not None and event.moment < history_from
        is_too_fine = event.is_measured and resolution != "raw"
        if is_before or is_too_fine or not self.is_covered(person, event.chain):
            return False
        if self.lives_in(person, event.chain, event.moment):
            return True
        if not self.has_lasting_right(person, event.chain, event.owner):
            return False
        closed = any(one.space in event.chain and one.closes(event.moment) for one in self.lived)
        policies = self.policies.get(event.chain[-1], ["1mo"])
        in_force = policies if event.moment < began else policies[-1:]
        return not (event.is_measured and closed) or set(in_force) == {"raw"}
