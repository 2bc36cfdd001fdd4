"""A block of two flats and a private home, lived in and metered, and those who read of them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rest_framework.test import APIClient

from accounts.authentication import principal_of
from accounts.choices import Resolution
from accounts.models import Application, User
from accounts.selectors import find_token
from config.lib.times import format_time
from devices.models import Command, Device
from devices.services.formulas import Term
from devices.services.readings import record_readings
from integrations.models import Event
from tests import factories
from tests.devices import factories as devices
from tests.twin import factories as twin
from twin.choices import SiteRole
from twin.models import ConsentNode, Node, Space, View

START = datetime(2025, 6, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# When flat 2 changed hands, and from when on the apps may look back.
TURN, END = START + 2 * DAY, START + 4 * DAY
POINT = "active_energy_import"
# Each device counts at a pace of its own, so that a sum tells whose it is.
PACES = {"lamp": 1, "tub": 2, "next": 4, "boiler": 8, "plug": 16, "fridge": 32}
PLACES = {
    "lamp": "Living",
    "tub": "Bath",
    "next": "Flat 2",
    "boiler": "House",
    "plug": "Kitchen",
    "fridge": "Cellar",
}


class Rooms:
    """Things and people by their names, and what is asked by each of them.

    ``app`` acts for ``tenant``, cut to the living room, days, and from TURN on; ``home-app`` alike
    for the owner of the home, cut to the kitchen.
    """

    def __init__(self) -> None:
        self.landlord = factories.make_organisation(name="Landlord")
        self.block = twin.make_site(self.landlord, name="Block", time_zone="UTC")
        self.owner = factories.make_user(email="owner@example.org")
        self.home = twin.make_home(self.owner, name="Home", time_zone="UTC")
        self._build()
        self._equip()
        self._measure()
        self._happen()
        self._people()
        everything = {**self.spaces, **self.devices, **self.views, **self.points}
        lamp = self.devices["lamp"]
        everything |= {"Block": self.block, "Home": self.home}
        everything |= {"fleet": lamp.fleet, "kind": lamp.type}
        self.keys: dict[str, UUID] = {name: thing.pk for name, thing in everything.items()}
        self.names = {str(key): name for name, key in self.keys.items()}
        self.paths = {f"{name.lower().replace(' ', '_')}": key for name, key in self.keys.items()}

    def _build(self) -> None:
        house = twin.make_space(self.block, kind="house", name="House")
        flats = [twin.make_space(self.block, house, name=name) for name in ("Flat 1", "Flat 2")]
        rooms = [twin.make_space(self.block, flats[0], name=name) for name in ("Living", "Bath")]
        own = [twin.make_space(self.home, name=name) for name in ("Kitchen", "Cellar")]
        self.spaces: dict[str, Space] = {one.name: one for one in (house, *flats, *rooms, *own)}

    def _equip(self) -> None:
        kind, fleet = devices.make_type(), devices.make_fleet(self.landlord)
        self.devices: dict[str, Device] = {}
        for name, place in PLACES.items():
            asset = devices.make_asset(self.landlord, fleet=fleet)
            space = self.spaces[place]
            is_at_home = space.site_id == self.home.pk
            own = {
                "asset": asset,
                "type": kind,
                "name": name,
                "space": None if is_at_home else space,
            }
            self.devices[name] = device = devices.make_device(self.landlord, **own)
            if is_at_home:
                self._take_home(device, space)
        self.views: dict[str, View] = {}
        for view, site in (("Block view", self.block), ("Home view", self.home)):
            inside: list[Any] = [*self.spaces.values(), *self.devices.values()]
            nodes = [one.node for one in inside if one.site_id == site.pk]
            self.views[view] = twin.make_view(site, *nodes, name=view)

    @staticmethod
    def _take_home(device: Device, space: Space) -> None:
        """Let the device be one of a private home's own."""
        device.organisation, device.site, device.space = None, space.site, space
        device.save()
        Node.objects.filter(pk=device.pk).update(organisation=None, site=space.site)
        device.placements.create(site=space.site, space=space, period=(START, None))

    def _measure(self) -> None:
        """Count by the hour, sent day by day, so that each batch tells of one day."""
        for day in range(4):
            hours = range(day * 24, day * 24 + 24 + (day == 3))
            batch = [
                {
                    "device": str(device.pk),
                    "point": POINT,
                    "time": START + hour * HOUR,
                    "value": hour * PACES[name],
                }
                for name, device in self.devices.items()
                for hour in hours
            ]
            assert not record_readings(batch, devices=Device.objects.all()).rejected
        places = {"Living meter": "lamp", "Next meter": "next"}
        self.points: dict[str, Any] = {}
        for name, meter in places.items():
            space = self.spaces[PLACES[meter]]
            self.points[name] = devices.make_metering_point(space=space, name=name)
            fed = {"since": START, "start_counter": 0}
            devices.make_assignment(self.points[name], self.devices[meter], **fed)
        terms = [Term(source=self.points[name]) for name in places]
        house = self.spaces["House"]
        self.points["Sum"] = devices.make_metering_point(space=house, formula=terms, name="Sum")

    def _happen(self) -> None:
        """Let an alarm be raised and a command be asked of each device, before and after TURN."""
        self.told: dict[str, str] = {}
        for name, device in self.devices.items():
            rule = devices.make_rule(device)
            for moment, word in ((TURN - DAY, "early"), (TURN + DAY, "late")):
                over = {"began_at": moment, "cleared_at": moment + HOUR, "status": "cleared"}
                for is_measured, sort in ((True, "measured"), (False, "silent")):
                    alarm = devices.make_alarm(device, rule, is_measured=is_measured, **over)
                    self.told[str(alarm.pk)] = f"{word} {sort} {name}"
                is_private = PLACES[name] in {"Living", "Bath", "Flat 2"}
                command = devices.make_command(device, is_private=is_private, created_at=moment)
                Command.objects.filter(pk=command.pk).update(created_at=moment)
                self.told[str(command.pk)] = f"{word} {name}"
        self.told[str(devices.make_batch(self.landlord).pk)] = "batch"
        self.spare = devices.make_asset(self.landlord, fleet=self.devices["lamp"].fleet)

    def _people(self) -> None:
        people = {name: factories.make_user() for name in ("tenant", "heir", "former", "guest")}
        flat = self.spaces["Flat 2"]
        twin.make_occupancy(self.spaces["Flat 1"], people["tenant"], since=START - 400 * DAY)
        twin.make_occupancy(flat, people["former"], since=START - 400 * DAY, until=TURN)
        twin.make_occupancy(flat, people["heir"], since=TURN)
        twin.make_site_member(self.home, people["guest"], role=SiteRole.GUEST)
        people["viewer"] = factories.make_member(self.landlord, role="viewer")
        self.tokens = {name: self._token(user) for name, user in people.items()}
        self.tokens["app"] = self._token(people["tenant"], self.spaces["Living"])
        self.tokens["home-app"] = self._token(self.owner, self.spaces["Kitchen"])

    def _token(self, user: User, room: Space | None = None) -> str:
        application = factories.make_application(factories.make_organisation())
        if room:
            self._ask_by(application)
        cut = {"is_limited": True, "history_from": TURN, "resolution": Resolution.DAY}
        terms: dict[str, Any] = cut if room else {}
        consent = factories.make_consent(user, application, **terms)
        if room:
            ConsentNode.objects.create(consent=consent, node_id=room.pk)
        return factories.make_access_token(application, consent=consent)

    def _ask_by(self, application: Application) -> None:
        """Let the application have asked the lamp and the tub for something."""
        for moment, word in ((TURN - DAY, "early"), (TURN + DAY, "late")):
            for name in ("lamp", "tub"):
                asked = {"application": application.pk, "created_at": moment, "is_private": True}
                command = devices.make_command(self.devices[name], **asked)
                Command.objects.filter(pk=command.pk).update(created_at=moment)
                self.told[str(command.pk)] = f"{word} own {name}"

    def ask(self, who: str, question: str) -> Any:
        """Return the answer to ``noun/{name}/…?query``, or to a POST of the spare asset; a range
        of time is that of the world.
        """
        path = "/api/v1/" + question.removeprefix("POST ").format(**self.paths)
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.tokens[who]}")
        if question.startswith("POST"):
            return client.post(path, {"assets": [str(self.spare.pk)]})
        if "interval=" in path:
            path += f"&start={format_time(START)}&end={format_time(END)}"
        return client.get(path)

    def called(self, keys: Iterable[str]) -> set[str]:
        """Return the names of ids."""
        known = {**self.names, **self.told}
        return {known.get(key, key) for key in keys}

    def named_in(self, text: str) -> set[str]:
        """Return the names of what the text names by its id."""
        return {name for key, name in self.names.items() if key in text} - {"kind", "fleet"}

    def hears(self, who: str, kind: str) -> set[str]:
        """Return what the gate of the log leaves of the events of a kind. The feed itself tells
        what is committed alone, and of this world nothing ever is.
        """
        token = find_token(self.tokens[who])
        assert token
        seen = Event.objects.visible_to(principal_of(token)).filter(type=kind)
        if kind == "alarm.raised":
            return self.called(event.data["alarm"] for event in seen)
        return {f"{event.about.lower:%d} {self.names[str(event.spaces[-1])]}" for event in seen}
