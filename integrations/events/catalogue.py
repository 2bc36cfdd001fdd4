"""Which signal becomes which event: one table; payloads are thin, ids and what changed.

Source: docs/contract.md, "Events".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import NAMESPACE_OID, UUID, uuid5

from django.dispatch import Signal

from accounts import signals as accounts
from config.lib.times import format_time
from devices import signals as devices
from integrations import signals as integrations
from twin import signals as twin

News = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it is written: what it is about, whose and where that is.

    ``way`` holds the spaces from the root to its place; left out, the log asks the tree for that of
    ``space``. ``about`` is from when until when it tells of, if that is not its own moment.
    """

    noun: str
    id: Any = None
    organisation: UUID | None = None
    site: UUID | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    batch_key: str | None = None
    space: UUID | None = None
    way: Sequence[str] | None = None
    about: tuple[datetime, datetime] | None = None

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


def _draft(noun: str, singular: str, *, thing: Any, news: News) -> Draft:
    """Draft the event of one thing; the names of changed fields go with it, never their values."""
    changed = news.get("fields", news.get("changes"))
    site = thing.pk if noun == "sites" else getattr(thing, "site_id", None)
    return Draft(
        noun=noun,
        id=thing.pk,
        organisation=getattr(thing, "organisation_id", None),
        site=site,
        space=getattr(thing, "space_id", None),
        way=list(thing.path) if noun == "spaces" else None,
        data={singular: str(thing.pk)} | ({} if changed is None else {"fields": list(changed)}),
    )


def _things(noun: str, singular: str) -> Callable[[News], Iterable[Draft]]:
    """Draft one event for each of the things that the signal carries under their noun."""
    path = noun.replace("_", "-")
    return lambda news: (_draft(path, singular, thing=thing, news=news) for thing in news[noun])


def _thing(noun: str, singular: str) -> Callable[[News], Iterable[Draft]]:
    """Draft the event of the one thing that the signal carries under its noun."""
    return lambda news: (_draft(noun, singular, thing=news[singular], news=news),)


def _silent_gateways(news: News) -> Iterable[Draft]:
    """Draft the events of gateways that went silent; each tells how many devices went with it."""
    for gateway in news["gateways"]:
        draft = _draft("gateways", "gateway", thing=gateway, news=news)
        folded = {"devices": news["devices"].get(gateway.pk, 0)}
        yield replace(draft, data={**draft.data, **folded})


def _consents(news: News) -> Iterable[Draft]:
    """Draft the event of a consent for the organisation whose application it is to.

    It names nobody: whose consent it is, the application learns from the token alone.
    """
    consent = news["consent"]
    data = {"consent": str(consent.pk), "application": str(consent.application_id)}
    if "fields" in news:
        data["fields"] = news["fields"]
    owner = consent.application.organisation_id
    yield Draft(noun="consents", id=consent.pk, organisation=owner, data=data)


def _states(news: News) -> Iterable[Draft]:
    for change in news["changes"]:
        yield Draft(
            noun="devices",
            id=change.device,
            organisation=change.place.organisation_id,
            site=change.place.site_id,
            way=change.place.way,
            about=change.about,
            data={"device": change.device, "points": change.points},
        )


def _key_of(place: Any) -> tuple[Any, ...]:
    """Return what tells a place from others: of a stay that is over also when it began."""
    space = place.space_id
    if place.since is not None:
        space = uuid5(space or NAMESPACE_OID, place.since.isoformat())
    return place.organisation_id, place.site_id, space


def _batches(news: News) -> Iterable[Draft]:
    """Draft one event for each tenant and place of a batch; its key makes it unique."""
    batch = news["batch"]
    times = {"start": format_time(batch.start), "end": format_time(batch.end)}
    for group in batch.groups:
        place = group.place
        yield Draft(
            noun="readings",
            organisation=place.organisation_id,
            site=place.site_id,
            way=place.way,
            about=(batch.start, batch.end),
            data={"devices": group.devices, "readings": group.readings, **times},
            batch_key=":".join(str(part) for part in (batch.key, *_key_of(place))),
        )


def _consumption(news: News) -> Iterable[Draft]:
    """Draft one event for each metering point whose closed days or months are others now."""
    for rows in news["restatements"]:
        point = rows[0].metering_point
        first, last = min(row.start for row in rows), max(row.end for row in rows)
        times = {"start": format_time(first), "end": format_time(last)}
        yield Draft(
            noun="metering-points",
            id=point.pk,
            organisation=point.organisation_id,
            site=point.site_id,
            space=point.space_id,
            about=(first, last),
            data={"metering_point": str(point.pk), "restatements": len(rows), **times},
        )


def _occupancies(news: News) -> Iterable[Draft]:
    """Draft the event that somebody moves in or out; who, the occupancies tell their readers."""
    occupancy = news["occupancy"]
    yield Draft(
        noun="occupancies",
        id=occupancy.pk,
        organisation=occupancy.organisation_id,
        site=occupancy.site_id,
        space=occupancy.space_id,
        data={"occupancy": str(occupancy.pk), "space": str(occupancy.space_id)},
    )


def _members(news: News) -> Iterable[Draft]:
    member = news["member"]
    yield Draft(
        noun=f"sites/{member.site_id}/members",
        id=member.pk,
        organisation=member.organisation_id,
        site=member.site_id,
        data={"member": str(member.pk), "site": str(member.site_id)},
    )


def _policies(news: News) -> Iterable[Draft]:
    """Draft the event that a site shows more or less of its occupied flats: residents see it."""
    site = news["site"]
    yield Draft(
        noun="sites",
        id=site.pk,
        organisation=site.organisation_id,
        site=site.pk,
        data={"site": str(site.pk), "before": news["before"], "after": news["after"]},
    )


def _commands(news: News) -> Iterable[Draft]:
    """Draft the event of each command that moved: what was asked, the command itself tells."""
    for command in news["commands"]:
        data = {"command": command.pk, "device": command.device_id, "status": command.status}
        yield Draft(
            noun="commands",
            id=command.pk,
            organisation=command.organisation_id,
            site=command.site,
            space=command.space,
            data={name: str(value) for name, value in data.items()},
        )


def _alarms(news: News) -> Iterable[Draft]:
    """Draft the events of alarms, at the places where their devices stood; values are not told."""
    for alarm in news["alarms"]:
        times = (alarm.began_at, alarm.raised_at, alarm.acknowledged_at, alarm.cleared_at)
        last = max(filter(None, times))
        yield Draft(
            noun="alarms",
            id=alarm.pk,
            organisation=alarm.organisation_id,
            site=alarm.site_id,
            way=[space.hex for space in alarm.spaces],
            about=(alarm.began_at, last),
            data={
                "alarm": str(alarm.pk),
                "rule": str(alarm.rule_id) if alarm.rule_id else None,
                "node": str(alarm.node_id),
                "severity": alarm.severity,
                "status": alarm.status,
                "is_measured": alarm.is_measured,
            },
        )


_assets = _things("assets", "asset")
_devices = _things("devices", "device")
_gateways = _things("gateways", "gateway")
_metering_points = _things("metering_points", "metering_point")
_connections = _things("connections", "connection")

_sites = _thing("sites", "site")
_spaces = _thing("spaces", "space")
_views = _thing("views", "view")
_relationships = _thing("relationships", "relationship")

ENTRIES: Final = (
    Entry(twin.site_created, "site.created", _sites),
    Entry(twin.site_updated, "site.updated", _sites),
    Entry(twin.site_deleted, "site.deleted", _sites),
    Entry(twin.site_policy_changed, "site.policy.changed", _policies),
    Entry(twin.site_member_added, "site.member.added", _members),
    Entry(twin.site_member_removed, "site.member.removed", _members),
    Entry(twin.occupancy_started, "occupancy.started", _occupancies),
    Entry(twin.occupancy_ended, "occupancy.ended", _occupancies),
    Entry(twin.space_created, "space.created", _things("spaces", "space")),
    Entry(twin.space_updated, "space.updated", _spaces),
    Entry(twin.space_deleted, "space.deleted", _spaces),
    Entry(twin.view_created, "view.created", _views),
    Entry(twin.view_updated, "view.updated", _views),
    Entry(twin.view_deleted, "view.deleted", _views),
    Entry(twin.relationship_created, "relationship.created", _relationships),
    Entry(twin.relationship_updated, "relationship.updated", _relationships),
    Entry(twin.relationship_deleted, "relationship.deleted", _relationships),
    Entry(accounts.consent_granted, "consent.granted", _consents),
    Entry(accounts.consent_narrowed, "consent.narrowed", _consents),
    Entry(accounts.consent_revoked, "consent.revoked", _consents),
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
    Entry(devices.device_desired_changed, "device.desired.changed", _devices),
    Entry(devices.device_state_changed, "device.state.changed", _states),
    Entry(devices.gateway_online, "gateway.online", _gateways),
    Entry(devices.gateway_offline, "gateway.offline", _silent_gateways),
    Entry(devices.metering_point_created, "metering-point.created", _metering_points),
    Entry(devices.metering_point_updated, "metering-point.updated", _metering_points),
    Entry(devices.readings_recorded, "readings.recorded", _batches),
    Entry(devices.readings_restated, "readings.restated", _batches),
    Entry(devices.consumption_restated, "readings.restated", _consumption),
    Entry(devices.command_updated, "command.updated", _commands),
    Entry(devices.alarm_raised, "alarm.raised", _alarms),
    Entry(devices.alarm_acknowledged, "alarm.acknowledged", _alarms),
    Entry(devices.alarm_escalated, "alarm.escalated", _alarms),
    Entry(devices.alarm_cleared, "alarm.cleared", _alarms),
    Entry(integrations.connection_degraded, "connection.degraded", _connections),
    Entry(integrations.connection_recovered, "connection.recovered", _connections),
)
TYPES: Final = tuple(entry.type for entry in ENTRIES)
