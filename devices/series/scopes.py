"""Which devices count for a site, a space, a view or a fleet, and when: as they stood then."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Organisation
from devices.models import Device, Fleet, Placement
from devices.series.stretches import Stretch
from devices.windows import EVER, NEVER
from twin.choices import NodeKind
from twin.models import Site, Space, View
from twin.selectors.view_contents import contents_of

ALWAYS: list[Stretch] = [(EVER, NEVER)]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is summed up, by whose clock, and when each device counts for it."""

    kind: str
    id: UUID
    zone: ZoneInfo
    stays: Mapping[UUID, list[Stretch]]


def _stays(condition: Q) -> dict[UUID, list[Stretch]]:
    """Return when each device stood there; before it was first placed it counts as having stood
    there already. One query.
    """
    earlier = Placement.objects.filter(
        device=OuterRef("device"), period__startswith__lt=OuterRef("period__startswith")
    )
    rows = Placement.objects.filter(condition).annotate(is_later=Exists(earlier))
    found: dict[UUID, list[Stretch]] = defaultdict(list)
    for device, period, is_later in rows.order_by("period").values_list(
        "device_id", "period", "is_later"
    ):
        found[device].append((period.lower if is_later else EVER, period.upper or NEVER))
    return found


def _now_in(devices: QuerySet[Device]) -> dict[UUID, list[Stretch]]:
    return dict.fromkeys(devices.values_list("pk", flat=True), ALWAYS)


def scope_of_site(site: Site) -> Scope:
    """Return the devices that ever stood at the site."""
    return Scope("site", site.pk, ZoneInfo(site.time_zone), stays_of_site(site))


def stays_of_site(site: Site) -> Mapping[UUID, list[Stretch]]:
    """Return when which device stood at the site."""
    return _stays(Q(site=site.pk))


def scope_of_space(space: Space) -> Scope:
    """Return the devices that ever stood in the space or below it."""
    unmoved = Q(spaces__isnull=True, space__path__within=[str(space.path)])
    stays = _stays(Q(site=space.site_id) & (unmoved | Q(spaces__contains=[space.pk])))
    return Scope("space", space.pk, ZoneInfo(space.site.time_zone), stays)


def scope_of_view(view: View) -> Scope:
    """Return the devices that are in the view now, with all of their past."""
    zone = view.site.time_zone if view.site else _zone_of(view)
    devices = Device.objects.filter(contents_of(view, NodeKind.DEVICE))
    return Scope("view", view.pk, ZoneInfo(zone), _now_in(devices))


def scope_of_fleet(fleet: Fleet) -> Scope:
    """Return the devices of the fleet, with all of their past."""
    zone = ZoneInfo(_zone_of(fleet))
    return Scope("fleet", fleet.pk, zone, stays_of_fleet(fleet))


def stays_of_fleet(fleet: Fleet) -> Mapping[UUID, list[Stretch]]:
    """Return the devices of the fleet, with all of their past."""
    return _now_in(Device.objects.filter(fleet=fleet))


def stays_of_organisation(organisation: Organisation) -> Mapping[UUID, list[Stretch]]:
    """Return the devices of the organisation, with all of their past."""
    return _now_in(Device.objects.filter(organisation=organisation))


def _zone_of(thing: View | Fleet) -> str:
    return thing.organisation.time_zone if thing.organisation else "UTC"
