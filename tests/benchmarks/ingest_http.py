"""POST readings/ with two clients that have devices of their own: points a second.

``python -m tests.benchmarks.ingest_http``: JSON, batches of 10,000 new readings over 5,000 points
of each client; web server (two workers) and database share the machine.
"""

import statistics
from functools import partial

import orjson

from devices.models import Device
from devices.services.partitions import ensure_ahead
from tests.benchmarks import readings, scratch, server
from tests.factories import make_access_token, make_application, make_organisation

CLIENTS, ROUNDS = 2, 3


def bodies_of(devices: list[Device], kind_points: list[str], *, turn: int) -> list[bytes]:
    """Return the batches of one client and one round as they go over the wire."""
    readings_of_all = [
        (number, str(device.pk), point)
        for number, (device, point) in enumerate(
            (device, point) for device in devices for point in kind_points
        )
    ]
    names = {number: (device, point) for number, device, point in readings_of_all}
    batches = readings.batches_of(list(names))
    shifted = [
        [(*row[:2], row[2].replace(month=8 + turn), *row[3:]) for row in batch] for batch in batches
    ]
    return [orjson.dumps({"readings": readings.as_json(batch, names)}) for batch in shifted]


def send(client: server.HttpClient, bodies: list[bytes]) -> None:
    """Send the batches one after the other; every reading must be taken."""
    for body in bodies:
        report = orjson.loads(client.call("POST", "/api/v1/readings/", body))
        if report["accepted"] != readings.BATCH:
            raise RuntimeError(f"{report['accepted']} accepted, {report['rejected'][:3]}")


def main() -> None:
    """Print the median of the rounds."""
    with scratch.database():
        kind = scratch.make_type(points=readings.POINTS)
        keys = list(kind.points.values_list("key", flat=True))
        fleets, tokens = [], []
        for _ in range(CLIENTS):
            organisation = make_organisation()
            fleets.append(scratch.make_devices(organisation, count=readings.DEVICES, kind=kind))
            tokens.append(make_access_token(make_application(organisation)))
        ensure_ahead(readings.START)
        rates = []
        with server.web() as port:
            clients = [server.HttpClient(port, token) for token in tokens]
            for turn in range(ROUNDS):
                bodies = [bodies_of(devices, keys, turn=turn) for devices in fleets]
                pairs = zip(clients, bodies, strict=True)
                deeds = [partial(send, client, body) for client, body in pairs]
                took = scratch.timed(partial(server.at_once, deeds))
                rates.append(CLIENTS * readings.BATCHES * readings.BATCH / took)
    rounds = ", ".join(f"{rate:,.0f}" for rate in rates)
    scratch.say(f"POST readings/   {statistics.median(rates):9,.0f} points/s  (rounds: {rounds})")


if __name__ == "__main__":
    main()
