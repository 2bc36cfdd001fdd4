"""A small world that is written to the database and, beside it, into the naive rules."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.choices import ApplicationKind, Resolution
from accounts.models import User
from accounts.principals import ConsentTerms, Principal
from devices.models import Device, Gateway
from devices.series_access import series_access
from devices.services.placements import place_device
from devices.windows import Window
from integrations.events.catalogue import Draft
from integrations.events.log import append
from integrations.models import Event
from tests import factories
from tests.devices.access.reference import Granted, Lived, Rules, Told
from tests.devices.factories import make_device, make_gateway
from tests.twin import factories as twin
from twin.choices import SiteRole
from twin.models import Grant, Node, Occupancy, SiteMember, Space
from twin.services.members import transfer_home
from twin.services.occupancies import end_occupancy
from twin.services.policies import change_policy
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
ALL_SCOPES = frozenset(factories.ALL_SCOPES)
GATEWAY = "box"
BEHIND = {"boiler", "meter-1"}
READERS = [*PEOPLE, GATEWAY]
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
        kind = ApplicationKind.GATEWAY
        self.credentials = factories.make_application(self.landlord, kind=kind)
        box = make_gateway(self.landlord, space=self.spaces["house"])
        Gateway.objects.filter(pk=box.pk).update(application=self.credentials)
        self.devices: dict[str, Device] = {}
        for name, place in PLACES.items():
            space = self.spaces[place] if place else None
            gateway = box if name in BEHIND else None
            self.devices[name] = make_device(self.landlord, space=space, gateway=gateway)
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
            place=dict(places),
            belongs_to={**dict.fromkeys(PLACES, landlord), "plug": None},
            members={("owner", "home")},
            behind={GATEWAY: BEHIND},
        )
        for name, place in places.items():
            if place:
                self.rules.first_way[name] = self.rules.way_up(place)
        self.rows: list[Grant] = []
        self.told: dict[UUID, Told] = {}

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
        """End an occupancy after the fact, which ends what rested on it, and stays closed."""
        open_ones = [one for one in self.rules.lived if one.until is None]
        if number >= len(open_ones) or open_ones[number].since >= at:
            return
        lived = open_ones[number]
        rows = Occupancy.objects.filter(space=self.spaces[lived.space], period__upper_inf=True)
        ended = end_occupancy(rows.get(user=self.users[lived.person]), at=at)
        lived.until, lived.closed_until = at, ended.closed_until
        self._end_with(lived)

    def _end_with(self, lived: Lived) -> None:
        """Let the rules forget what rested on living there."""
        others = [
            one for one in self.rules.lived if one.person == lived.person and one.until is None
        ]
        if not any(one.space == lived.space for one in others):
            for number in reversed(range(len(self.rows))):
                one = self.rules.grants[number]
                if one.party == lived.person and lived.space in self.rules.way_up(one.node):
                    del self.rows[number], self.rules.grants[number]
        site = self.rules.site_of(lived.space)
        if site == "block" and not any(self.rules.site_of(one.space) == site for one in others):
            self.rules.members.discard((lived.person, site))

    def policy(self, site: str, view: str) -> None:
        """Let a site show more or less of its occupied flats."""
        change_policy(self.sites[site], occupied_view=view)
        self.rules.policies.setdefault(site, ["1mo"]).append(view)

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
            self.rules.first_way.setdefault(name, self.rules.way_up(place))

    def tell(self, name: str, kind: str, at: datetime) -> None:
        """Let a device that stands somewhere be in the news."""
        device, place = Device.objects.get(pk=self.devices[name].pk), self.rules.place[name]
        if place is None:
            return
        where: dict[str, Any] = {"organisation": device.organisation_id, "site": device.site_id}
        draft = Draft("devices", device.pk, **where, space=device.space_id, about=(at, at))
        before = set(Event.objects.values_list("pk", flat=True))
        append(kind, [draft])
        (key,) = set(Event.objects.values_list("pk", flat=True)) - before
        chain = [name, *self.rules.way_up(place)]
        is_measured = kind == "device.state.changed"
        self.told[key] = Told(chain, self.rules.belongs_to[name], at, is_measured)

    def hears(self, who: str) -> set[UUID]:
        """Return the events of ours that the person sees."""
        seen = Event.objects.visible_to(self.principal(who)).filter(pk__in=list(self.told))
        return set(seen.values_list("pk", flat=True))

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
        self.rules.terms.pop(who, None)

    def cut(self, who: str, history_from: datetime | None, resolution: str) -> None:
        """Let the person's consent leave nothing of before, and nothing finer."""
        self.rules.terms[who] = (history_from, resolution)

    def hand_over(self, who: str) -> None:
        """Hand the home over to somebody: its owners so far leave it."""
        home = self.sites["home"]
        owners = SiteMember.objects.filter(site=home, role=SiteRole.OWNER)
        leaving = set(owners.values_list("user", flat=True))
        transfer_home(site=home, user=self.users[who])
        for name, user in self.users.items():
            if user.pk in leaving:
                self.rules.members.discard((name, "home"))
        self.rules.members.add((who, "home"))

    def principal(self, who: str) -> Principal:
        """Return the person's principal, or the gateway's, made afresh."""
        if who == GATEWAY:
            key = self.credentials.pk
            return Principal(ALL_SCOPES, application_id=key, is_gateway=True)
        organisation = {"fitter": self.installers, "admin": self.landlord, "viewer": self.landlord}
        role = "admin" if who == "admin" else "viewer"
        whole = factories.make_principal(organisation.get(who), role=role, user=self.users[who])
        history_from, resolution = self.rules.terms.get(who, (None, "raw"))
        terms: dict[str, Any] = {"history_from": history_from, "resolution": Resolution(resolution)}
        if who in self.rules.chosen:
            nodes = [self.node(name) for name in sorted(self.rules.chosen[who])]
            return twin.make_limited_principal(replace(whole, memo={}), *nodes, **terms)
        if who not in self.rules.terms:
            return whole
        application = factories.make_application(factories.make_organisation())
        consent = factories.make_consent(self.users[who], application)
        return replace(whole, terms=ConsentTerms(consent.pk, **terms), memo={})

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
