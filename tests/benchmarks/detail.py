"""GET devices/{id}/ with a token, against a bare Django view that runs the same SQL.

``python -m tests.benchmarks.detail``: the two take turns on the same server.
"""

import json
import statistics
from functools import partial

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tests.benchmarks import scratch, server
from tests.factories import make_access_token, make_application, make_organisation

CLIENTS, CALLS, ROUNDS = 2, 200, 5


def captured(path: str, token: str) -> list[str]:
    """Return the SQL that the request runs."""
    client = APIClient(headers={"Authorization": f"Bearer {token}", "Host": "127.0.0.1"})
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    if response.status_code != 200:
        raise RuntimeError(response.content)
    return [str(query["sql"]) for query in queries.captured_queries]


def hammer(client: server.HttpClient, path: str) -> None:
    """Ask again and again."""
    for _ in range(CALLS):
        client.call("GET", path)


def rate(clients: list[server.HttpClient], path: str) -> float:
    """Return the requests a second of all clients together."""
    deeds = [partial(hammer, client, path) for client in clients]
    return len(clients) * CALLS / scratch.timed(partial(server.at_once, deeds))


def main() -> None:
    """Print both rates and the ratio."""
    with scratch.database():
        organisation = make_organisation()
        kind = scratch.make_type(points=5)
        device = scratch.make_devices(organisation, count=1_000, kind=kind)[500]
        token = make_access_token(make_application(organisation))
        path = f"/api/v1/devices/{device.pk}/"
        sql = captured(path, token)
        scratch.say(f"{len(sql)} statements")
        environment = {"BENCHMARK_SQL": json.dumps(sql)}
        with server.web("tests.benchmarks.bare:application", **environment) as port:
            clients = [server.HttpClient(port, token) for _ in range(CLIENTS)]
            rate(clients, path)
            found = [(rate(clients, path), rate(clients, "/bare")) for _ in range(ROUNDS)]
    product = statistics.median(mine for mine, _ in found)
    bare = statistics.median(theirs for _, theirs in found)
    ratio = statistics.median(mine / theirs for mine, theirs in found)
    scratch.say(f"GET devices/id/  {product:7,.0f} requests/s")
    scratch.say(f"bare view        {bare:7,.0f} requests/s  ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
