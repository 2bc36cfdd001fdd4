"""Which signal becomes which event: one table; payloads are thin, ids and what changed.

Source: docs/contract.md, "Events".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.dispatch import Signal

from config.lib.times import format_time
from devices import signals as devices
from integrations import signals as integrations
from twin import signals as twin

News = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it is written: what it is about, whose and where that is."""

    noun: str
    id: Any = None
    organisation: UUID | None = None
    site: UUID | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    batch_key: str | None = None

    @property
    def source(self) -> str:
        """Return the place in the API where the subject belongs."""
        if self.site is not None:
            return f"/api/v1/sites/{self.site}/"
        return f"/api/v1/organisations/{self.organisation}/" if self.organisation else "/api/v1/"

    @property
    def subject(self) -> str:
        """Return what changed, below ``/api/v1/``."""
        return f"{self.noun}/{self.id}" if self.id else self.noun


class Entry(NamedTuple):
    """A signal, the type of its events, and how to draft them from what the signal carries."""

    signal: Signal
    type: str
    drafts: Callable[[News], Iterable[Draft]]


def _draft(noun: str, singular: str, thing: Any, news: News) -> Draft:
    """Draft the event of one thing; the names of changed fields go with it, never their values."""
    changed = news.get("fields", news.get("changes"))
    site = thing.pk if noun == "sites" else getattr(thing, "site_id", None)
    return Draft(
        noun=noun,
        id=thing.pk,
        organisation=getattr(thing, "organisation_id", None),
        site=site,
        data={singular: str(thing.pk)} | ({} if changed is None else {"fields": list(changed)}),
    )


def _things(noun: str, singular: str) -> Callable[[News], Iterable[Draft]]:
    """Draft one event for each of the things that the signal carries under their noun."""
    return lambda news: (_draft(noun, singular, thing, news) for thing in news[noun])


def _thing(noun: str, singular: str) -> Callable[[News], Iterable[Draft]]:
    """Draft the event of the one thing that the signal carries under its noun."""
    return lambda news: (_draft(noun, singular, news[singular], news),)


def _states(news: News) -> Iterable[Draft]:
    for change in news["changes"]:
        yield Draft(
            noun="devices",
            id=change.device,
            organisation=change.place.organisation_id,
            site=change.place.site_id,
            data={"device": change.device, "points": change.points},
        )


def _batches(news: News) -> Iterable[Draft]:
    """Draft one event for each tenant and site of a batch; its key makes it unique."""
    batch = news["batch"]
    times = {"start": format_time(batch.start), "end": format_time(batch.end)}
    for group in batch.groups:
        place = group.place
        yield Draft(
            noun="readings",
            organisation=place.organisation_id,
            site=place.site_id,
            data={"devices": group.devices, "readings": group.readings, **times},
            batch_key=f"{batch.key}:{place.organisation_id}:{place.site_id}",
        )


_assets = _things("assets", "asset")
_devices = _things("devices", "device")
_gateways = _things("gateways", "gateway")
_connections = _things("connections", "connection")

_sites = _thing("sites", "site")
_spaces = _thing("spaces", "space")
_views = _thing("views", "view")
_relationships = _thing("relationships", "relationship")

ENTRIES: Final = (
    Entry(twin.site_created, "site.created", _sites),
    Entry(twin.site_updated, "site.updated", _sites),
    Entry(twin.site_deleted, "site.deleted", _sites),
    Entry(twin.space_created, "space.created", _spaces),
    Entry(twin.space_updated, "space.updated", _spaces),
    Entry(twin.space_deleted, "space.deleted", _spaces),
    Entry(twin.view_created, "view.created", _views),
    Entry(twin.view_updated, "view.updated", _views),
    Entry(twin.view_deleted, "view.deleted", _views),
    Entry(twin.relationship_created, "relationship.created", _relationships),
    Entry(twin.relationship_deleted, "relationship.deleted", _relationships),
    Entry(devices.asset_declared, "asset.declared", _assets),
    Entry(devices.asset_activated, "asset.activated", _assets),
    Entry(devices.asset_suspended, "asset.suspended", _assets),
    Entry(devices.asset_retired, "asset.retired", _assets),
    Entry(devices.device_created, "device.created", _devices),
    Entry(devices.device_updated, "device.updated", _devices),
    Entry(devices.device_deleted, "device.deleted", _devices),
    Entry(devices.device_placed, "device.placed", _devices),
    Entry(devices.device_online, "device.online", _devices),
    Entry(devices.device_offline, "device.offline", _devices),
    Entry(devices.device_state_changed, "device.state.changed", _states),
    Entry(devices.gateway_online, "gateway.online", _gateways),
    Entry(devices.gateway_offline, "gateway.offline", _gateways),
    Entry(devices.readings_recorded, "readings.recorded", _batches),
    Entry(devices.readings_restated, "readings.restated", _batches),
    Entry(integrations.connection_degraded, "connection.degraded", _connections),
    Entry(integrations.connection_recovered, "connection.recovered", _connections),
)
TYPES: Final = tuple(entry.type for entry in ENTRIES)
