"""A small world that is written to the database and, beside it, into the naive rules."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.principals import Principal
from devices.models import Device
from devices.series_access import series_access
from devices.services.placements import place_device
from devices.windows import Window
from tests import factories
from tests.devices.access.reference import Granted, Lived, Rules
from tests.devices.factories import make_device
from tests.twin import factories as twin
from twin.models import Grant, Node, Occupancy, SiteMember, Space
from twin.services.spaces import change_space

PEOPLE = ["admin", "viewer", "fitter", "owner", "tenant", "other"]
TREE = {
    "house": "block",
    "stairs-a": "house",
    "stairs-b": "house",
    "flat-1": "stairs-a",
    "flat-2": "stairs-a",
    "flat-3": "stairs-b",
    "room-1": "flat-1",
    "kitchen": "home",
}
PLACES = {"boiler": "house", "meter-1": "room-1", "meter-2": "flat-2", "spare": None}


class World:
    """A block of a landlord, a private home, installers; each person by a name."""

    def __init__(self) -> None:
        self.landlord = factories.make_organisation()
        self.installers = factories.make_organisation()
        self.users: dict[str, User] = {name: factories.make_user() for name in PEOPLE}
        self.sites = {"block": twin.make_site(self.landlord)}
        self.sites["home"] = twin.make_home(self.users["owner"])
        self.spaces: dict[str, Space] = {}
        for name, above in TREE.items():
            parent = self.spaces.get(above)
            site = parent.site if parent else self.sites[above]
            self.spaces[name] = twin.make_space(site, parent, name=name)
        self.devices: dict[str, Device] = {}
        for name, place in PLACES.items():
            space = self.spaces[place] if place else None
            self.devices[name] = make_device(self.landlord, space=space)
        self._make_plug()

    def _make_plug(self) -> None:
        """Put a device of nobody's fleet into the home."""
        plug = self.devices["plug"] = make_device(self.landlord)
        kitchen = self.spaces["kitchen"]
        plug.organisation, plug.site, plug.space = None, kitchen.site, kitchen
        plug.save()
        Node.objects.filter(pk=plug.pk).update(organisation=None, site=kitchen.site)
        plug.placements.create(site=kitchen.site, space=kitchen, period=(timezone.now(), None))

    def begin(self) -> None:
        """Begin an example: the rules know what the database holds."""
        self.began = timezone.now()
        landlord, places = "landlord", {**PLACES, "plug": "kitchen"}
        self.rules = Rules(
            above={**TREE, "block": None, "home": None},
            works_for={"admin": landlord, "viewer": landlord, "fitter": "installers"},
            owner_of={"block": landlord},
            homes={"home"},
            first_place={name: place for name, place in places.items() if place},
            place=dict(places),
            belongs_to={**dict.fromkeys(PLACES, landlord), "plug": None},
            members={("owner", "home")},
        )
        self.rows: list[Grant] = []

    def node(self, name: str) -> Any:
        return {**self.sites, **self.spaces, **self.devices}[name]

    def grant(self, node: str, party: str) -> None:
        row = self.installers if party == "installers" else self.users[party]
        self.rows.append(twin.make_grant(self.node(node), row))
        self.rules.grants.append(Granted(node, party))

    def revoke(self, number: int) -> None:
        if number < len(self.rows):
            self.rows.pop(number).delete()
            self.rules.grants.pop(number)

    def move_in(self, flat: str, who: str, since: datetime, until: datetime | None) -> None:
        lived = Lived(flat, who, since, until)
        mine = [one for one in self.rules.lived if (one.space, one.person) == (flat, who)]
        if (until and until <= since) or any(_overlap(one, lived) for one in mine):
            return
        twin.make_occupancy(self.spaces[flat], self.users[who], since=since, until=until)
        self.rules.lived.append(lived)

    def move_out(self, number: int, at: datetime) -> None:
        open_ones = [one for one in self.rules.lived if one.until is None]
        if number < len(open_ones) and open_ones[number].since < at:
            lived = open_ones[number]
            lived.until = at
            rows = Occupancy.objects.filter(
                space=self.spaces[lived.space], user=self.users[lived.person]
            )
            rows.filter(period__upper_inf=True).update(period=(lived.since, at))

    def move_space(self, name: str, parent: str) -> None:
        change_space(self._fresh(name), parent=self._fresh(parent))
        self.rules.above[name] = parent

    def _fresh(self, name: str) -> Space:
        return Space.objects.get(pk=self.spaces[name].pk)

    def move_device(self, name: str, place: str | None) -> None:
        site = self.sites.get(place or "")
        space = self._fresh(place) if place in self.spaces else None
        place_device(device=self.devices[name], site=site, space=space)
        self.rules.place[name] = place
        if place:
            self.rules.first_place.setdefault(name, place)

    def join(self, who: str, site: str) -> None:
        if (who, site) not in self.rules.members:
            twin.make_site_member(self.sites[site], self.users[who])
            self.rules.members.add((who, site))

    def leave(self, who: str, site: str) -> None:
        SiteMember.objects.filter(site=self.sites[site], user=self.users[who]).delete()
        self.rules.members.discard((who, site))

    def limit(self, who: str, nodes: set[str]) -> None:
        self.rules.chosen[who] = nodes

    def unlimit(self, who: str) -> None:
        self.rules.chosen.pop(who, None)

    def principal(self, who: str) -> Principal:
        """Return the person's principal, made afresh."""
        organisation = {"fitter": self.installers, "admin": self.landlord, "viewer": self.landlord}
        role = "admin" if who == "admin" else "viewer"
        whole = factories.make_principal(organisation.get(who), role=role, user=self.users[who])
        if who not in self.rules.chosen:
            return whole
        nodes = [self.node(name) for name in sorted(self.rules.chosen[who])]
        return twin.make_limited_principal(replace(whole, memo={}), *nodes)

    def names(self, rows: QuerySet[Any]) -> set[str]:
        """Return our names of the rows."""
        known: dict[UUID, str] = {
            thing.pk: name for name, thing in {**self.sites, **self.spaces, **self.devices}.items()
        }
        return {known[key] for key in rows.values_list("pk", flat=True)}

    def windows(self, who: str, device: str) -> tuple[Window, ...]:
        thing = Device.objects.get(pk=self.devices[device].pk)
        return series_access(thing, self.principal(who)).windows

    def is_readable(self, who: str, device: str) -> bool:
        """Say whether the gate of series lets the person come to the device at all."""
        readable = Device.objects.all().readable_by(self.principal(who))
        return readable.filter(pk=self.devices[device].pk).exists()


def _overlap(one: Lived, other: Lived) -> bool:
    starts_before = other.until is None or one.since < other.until
    return starts_before and (one.until is None or other.since < one.until)
