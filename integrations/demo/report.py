"""What the demonstration prints: sites, meters, last readings, and where to look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from config.lib.units import symbol_of
from devices.models import Device, Point
from integrations.demo.building import Tenant
from integrations.models import Connection
from twin.models import Site, Space

# What a meter is there for, most telling first.
COUNTERS = ("active_energy_import", "volume", "heat_energy", "cooling_energy")
RATES = ("active_power", "flow_rate", "heat_power", "cooling_power", "temperature")


def sites_table(sites: Iterable[Site]) -> str:
    """Return the sites with the numbers of their spaces and devices."""
    rows = [
        (
            site.name,
            str(site.time_zone),
            str(Space.objects.filter(site=site).count()),
            str(Device.objects.filter(site=site).count()),
        )
        for site in sites
    ]
    return table(("Site", "Time zone", "Spaces", "Devices"), rows)


def meters_table(connection: Connection) -> str:
    """Return the meters of a connection with their last readings."""
    devices = Device.objects.filter(smartme_links__connection=connection)
    rows = [
        (device.name, device.type.model, _place(device), *_latest(device))
        for device in devices.select_related("type", "space").order_by("name")
    ]
    return table(("Meter", "Type", "Place", "Counter", "Now", "At"), rows)


def _place(device: Device) -> str:
    space = Space.objects.filter(pk=device.space_id).first() if device.space_id else None
    return space.name if space else "building"


def _latest(device: Device) -> tuple[str, str, str]:
    points = {
        point.type.key: point
        for point in device.points.exclude(last_value=None).select_related("type")
    }
    counter = _first(points, COUNTERS)
    rate = _first(points, RATES)
    times = [point.last_time for point in points.values() if point.last_time]
    return _shown(counter), _shown(rate), _clock(max(times)) if times else "-"


def _first(points: dict[str, Point], keys: Sequence[str]) -> Point | None:
    return next((points[key] for key in keys if key in points), None)


def _shown(point: Point | None) -> str:
    if point is None or point.last_value is None:
        return "-"
    return f"{point.last_value:,.2f} {symbol_of(point.type.unit)}"


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}Z"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows in columns as wide as their longest cell."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def addresses(*, url: str, tenant: Tenant, token: str, cloud_url: str) -> str:
    """Return where to look, who to log in as, and one line to paste."""
    return "\n".join(
        [
            f"API reference   {url}/api/v1/docs/",
            f"Admin site      {url}/admin/",
            f"  user name     {tenant.owner.email}",
            f"  password      {tenant.password}",
            f"OAuth client    {tenant.client_id}",
            f"  secret        {tenant.client_secret}",
            f"smart-me cloud  {cloud_url} (local, simulated)",
            "",
            "Paste this to list the devices; the token is good for an hour:",
            "",
            f"curl -sS -H 'Authorization: Bearer {token}' '{url}/api/v1/devices/?limit=5'",
            "",
            "The meters go on counting and are read every 30 s. Ctrl-C stops everything.",
        ]
    )
