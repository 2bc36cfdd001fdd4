"""Devices and gateways as an editor of buildings shows, finds and places them."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q

from devices.models import Device, Gateway
from devices.services.devices import update_device
from devices.services.gateways import update_gateway
from twin.choices import NodeKind
from twin.fittings import Fitting, Search
from twin.models import Site, Space

PLACE = ("name", "status", "site", "space", "pk")


class Fittings:
    """The fitter of devices and gateways."""

    permissions: ClassVar[Mapping[NodeKind, str]] = {
        NodeKind.DEVICE: "devices.change_device",
        NodeKind.GATEWAY: "devices.change_gateway",
    }

    def at(self, site: Site) -> Iterable[Fitting]:
        """Return the gateways and devices at a site (two queries)."""
        gateways = Gateway.objects.filter(site=site).order_by("name", "pk")
        devices = Device.objects.filter(site=site).order_by("name", "pk")
        return [*_gateways(gateways), *_devices(devices)]

    def spare(self, site: Site, search: Search, *, limit: int) -> Iterable[Fitting]:
        """Return what the owner of the site has in use that stands nowhere (two queries)."""
        own = Q(organisation=site.organisation_id, site=None, name__icontains=search.text)
        if site.organisation_id is None:  # Homes belong to nobody whose things could be told apart.
            return []
        devices = Device.objects.filter(own).order_by("name", "pk")
        if search.categories or search.types:
            fit = Q(type__category__in=search.categories) | Q(type__key__in=search.types)
            return list(_devices(devices.filter(fit)[:limit]))
        gateways = Gateway.objects.filter(own).order_by("name", "pk")
        return [*_gateways(gateways[:limit]), *_devices(devices[:limit])]

    def find(self, node: UUID) -> Fitting | None:
        """Return the device or gateway of that id (two queries at most)."""
        found = chain(
            _devices(Device.objects.filter(pk=node)), _gateways(Gateway.objects.filter(pk=node))
        )
        return next(found, None)

    def place(self, node: UUID, *, site: Site | None, space: Space | None) -> None:
        """Put a device or gateway somewhere, through the service that keeps its placements."""
        changes = {"site": site, "space": space}
        device = Device.objects.filter(pk=node).first()
        if device is not None:
            update_device(device=device, changes=changes)
            return
        update_gateway(gateway=Gateway.objects.get(pk=node), changes=changes)


def _devices(rows: Any) -> Iterable[Fitting]:
    for *place, category, key in rows.values_list(*PLACE, "type__category", "type__key"):
        yield _fitting(NodeKind.DEVICE, place, category=category, type=key)


def _gateways(rows: Any) -> Iterable[Fitting]:
    for place in rows.values_list(*PLACE):
        yield _fitting(NodeKind.GATEWAY, place, category="", type="")


def _fitting(sort: NodeKind, place: Any, **what: str) -> Fitting:
    name, status, site, space, node = place
    return Fitting(node=node, sort=sort, name=name, status=status, site=site, space=space, **what)
