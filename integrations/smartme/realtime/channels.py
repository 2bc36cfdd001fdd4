"""Realtime as people manage it: which meters, and a new address when the old one is in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from config.lib.errors import InvalidInput
from integrations.choices import RealtimeStatus
from integrations.models import Connection, MeterLink, RealtimeChannel
from integrations.signals import connection_realtime_changed


def channel_of(connection: Connection) -> RealtimeChannel:
    """Return the channel of a connection; one that was never needed is off."""
    found = RealtimeChannel.objects.filter(connection=connection).first()
    return found or RealtimeChannel.objects.get_or_create(connection=connection)[0]


@transaction.atomic
def listen_to(connection: Connection, meters: Sequence[UUID] | None) -> RealtimeChannel:
    """Listen to these meters of the cloud, or to all for none; None changes nothing.

    Raises: InvalidInput, for a meter that the connection did not find.
    """
    channel = channel_of(connection)
    if meters is None:
        return channel
    links = MeterLink.objects.filter(connection=connection, meter_id__in=meters)
    known = set(links.values_list("meter_id", flat=True))
    findings = [
        (f"#/meters/{index}", "unknown-meter", f"The connection has found no meter {meter}.")
        for index, meter in enumerate(meters)
        if meter not in known
    ]
    if findings:
        raise InvalidInput(findings)
    channel.meters = [str(meter) for meter in dict.fromkeys(meters)]
    channel.save(update_fields=["meters", "updated_at"])
    connection_realtime_changed.send(sender=Connection, connection=connection)
    return channel


@transaction.atomic
def renew_address(connection: Connection) -> RealtimeChannel:
    """Have a new address made and registered, and the old one taken back, if realtime is on."""
    channel = channel_of(connection)
    if connection.realtime:
        channel.status, channel.problem, channel.registered_at = RealtimeStatus.PENDING, "", None
        channel.save(update_fields=["status", "problem", "registered_at", "updated_at"])
        connection_realtime_changed.send(sender=Connection, connection=connection)
    return channel
