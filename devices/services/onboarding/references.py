"""Find what rows name: fleets, device types, parents, places in them, gateways, assets.

A batch asks a constant number of queries; everything is looked for in the organisation alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from devices.models import Asset, DeviceType, Fleet, Gateway
from devices.services.onboarding.columns import Fault
from devices.services.onboarding.sheet import SheetRow
from twin.models import Site, Space

REFUSED_ABOVE = "The row that this one names was refused."
REMEDIES = {
    "fleet": "Make it first, or name one that the organisation has.",
    "gateway": "Give it a row of its own, or name one that is there.",
    "space": "Give its name, or its key in the template, as it stands inside the parent.",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row's thing stands; nowhere, if it has no site."""

    site: Site | None = None
    space: Space | None = None


def as_uuid(text: str) -> UUID | None:
    """Return the id that a text is, None if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


class References:
    """What the rows of one batch name, loaded set-wise.

    Args: the organisation; the nodes of the file's rows by key, None for those refused; the rows.
    """

    def __init__(
        self, organisation: UUID, *, made: dict[str, UUID | None], rows: Sequence[SheetRow]
    ) -> None:
        self._organisation = organisation
        self._made = made
        self._fleets = self._load_fleets()
        self._types = self._load_types(rows)
        parents = self._nodes(row.parent for row in rows)
        self._sites = Site.objects.filter(organisation=organisation).in_bulk(parents)
        spaces = Space.objects.filter(organisation=organisation).select_related("site")
        self._spaces = spaces.in_bulk(parents)
        self._places = self._load_places(rows)
        self._gateways = self._load_gateways(rows)
        self.assets = self._load_assets(rows)

    def fleet(self, row: SheetRow) -> Fleet:
        """Return the fleet that a row names by its id or name."""
        found = self._fleets[row.values["fleet"].casefold()]
        return _the_one(found, column="fleet", noun="fleet", name=row.values["fleet"])

    def device_type(self, row: SheetRow) -> DeviceType:
        """Return the device type that a row names by its key."""
        key = row.values["device_type"]
        if key not in self._types:
            raise Fault("device_type", "unknown-type", f"There is no device type {key!r}.")
        return self._types[key]

    def gateway(self, row: SheetRow) -> Gateway | None:
        """Return the gateway that a row names by its key, id or serial."""
        name = row.values.get("gateway")
        if name is None:
            return None
        node = self._node(name, column="gateway")
        found = [one for one in self._gateways if one.pk == node or one.asset.serial == name]
        return _the_one(found, column="gateway", noun="gateway", name=name)

    def place(self, row: SheetRow) -> Place:
        """Return where a row's thing stands."""
        top = self._parent(row)
        name = row.values.get("place")
        if name is None:
            return top
        if top.site is None:
            raise Fault("parent", "required", "Name the site or space that the place is in.")
        inside = [one for one in self._places[top.site.pk, name] if _is_inside(one, top.space)]
        space = _the_one(inside, column="place", noun="space", name=name)
        return Place(top.site, space)

    def faults(self, row: SheetRow) -> list[Fault]:
        """Return everything that is wrong with what a row names, not only the first."""
        looks: tuple[tuple[str, Callable[[SheetRow], Any]], ...] = (
            ("fleet", self.fleet),
            ("device_type", self.device_type),
            ("gateway", self.gateway),
            ("parent", self.place),
        )
        found = []
        for column, look in looks:
            try:
                if column in row.values:
                    look(row)
            except Fault as fault:
                found.append(fault)
        return found

    def _parent(self, row: SheetRow) -> Place:
        if not row.parent:
            return Place()
        node = self._node(row.parent, column="parent")
        if node in self._sites:
            return Place(self._sites[node])
        if node in self._spaces:
            space = self._spaces[node]
            return Place(space.site, space)
        detail = f"There is no site or space {row.parent!r}, neither in the file nor before."
        raise Fault("parent", "unknown-parent", detail)

    def _node(self, name: str, *, column: str) -> UUID | None:
        """Return the node of a row of the file, else the id that the name is.

        Raises: Fault, if the row of the file was refused.
        """
        if name not in self._made:
            return as_uuid(name)
        if self._made[name] is None:
            raise Fault(column, "refused-above", REFUSED_ABOVE)
        return self._made[name]

    def _nodes(self, names: Iterable[str]) -> set[UUID]:
        nodes = (self._made[name] if name in self._made else as_uuid(name) for name in names)
        return {node for node in nodes if node}

    def _load_fleets(self) -> dict[str, list[Fleet]]:
        found = defaultdict(list)
        for fleet in Fleet.objects.filter(organisation=self._organisation):
            for name in (str(fleet.pk), fleet.name.casefold()):
                found[name].append(fleet)
        return found

    def _load_types(self, rows: Sequence[SheetRow]) -> dict[str, DeviceType]:
        """Return the types by key; an organisation's own goes before the shipped one."""
        keys = {row.values["device_type"] for row in rows if "device_type" in row.values}
        usable = DeviceType.objects.usable_by(self._organisation).filter(key__in=keys)
        return {kind.key: kind for kind in reversed(usable)}

    def _load_places(self, rows: Sequence[SheetRow]) -> dict[tuple[UUID, str], list[Space]]:
        """Return the spaces by site, and by name and template key."""
        names = {row.values["place"] for row in rows if "place" in row.values}
        sites = {*self._sites, *(space.site_id for space in self._spaces.values())}
        found: dict[tuple[UUID, str], list[Space]] = defaultdict(list)
        if not names:
            return found
        named = Q(name__in=names) | Q(template_key__in=names)
        for space in Space.objects.filter(named, site__in=sites).select_related("site"):
            for name in {space.name, space.template_key}:
                found[space.site_id, name].append(space)
        return found

    def _load_gateways(self, rows: Sequence[SheetRow]) -> list[Gateway]:
        names = {row.values["gateway"] for row in rows if "gateway" in row.values}
        if not names:
            return []
        named = Q(pk__in=self._nodes(names)) | Q(asset__serial__in=names)
        found = Gateway.objects.filter(named, organisation=self._organisation)
        return list(found.select_related("asset"))

    def _load_assets(self, rows: Sequence[SheetRow]) -> dict[tuple[str, str], Asset]:
        """Return the assets that were declared before, by manufacturer and serial."""
        serials = {row.values["serial"] for row in rows if "serial" in row.values}
        known = Asset.objects.filter(organisation=self._organisation, serial__in=serials)
        return {(one.manufacturer, one.serial): one for one in (known if serials else ())}


def _is_inside(space: Space, top: Space | None) -> bool:
    return top is None or top.pk.hex in space.path


def _the_one(found: Sequence[Any], *, column: str, noun: str, name: str) -> Any:
    """Return the only thing of that name; none and several are faults."""
    if len(found) == 1:
        return found[0]
    if found:
        detail = f"{len(found)} have the name {name!r}. Name the {noun} by its id or key."
        raise Fault(column, "ambiguous", detail)
    raise Fault(column, f"unknown-{noun}", f"There is no {noun} {name!r}. {REMEDIES[noun]}")
