"""What it costs to know who asks, and how soon a revocation is felt.

``python -m tests.benchmarks.auth [tokens]``: among that many living tokens (20,000 unless given)
of as many people, 5,000 of them with a role in 20 organisations; then clients hammer a real server
with one token while it is revoked.
"""

import base64
import http.client
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.authentication import BearerAuthentication
from accounts.models import AccessToken, Application, B2BUser, Consent, Organisation, User
from config.lib.secrets import digest
from tests import factories
from tests.benchmarks import scratch, server

TOKENS, BATCH, ROLES, ASKED = 20_000, 5_000, 20, 300
HAMMERS, ROUNDS, BEFORE_S, AFTER_S = 6, 5, 0.4, 0.6
PATH = "/api/v1/me/"


def fill(application: Application, *, tokens: int) -> None:
    """Make people, their consents, tokens and roles; a token's text is known by its number."""
    extra = [Organisation(name=f"Bench {n}") for n in range(ROLES)]
    organisations = Organisation.objects.bulk_create(extra)
    for start in range(1, tokens + 1, BATCH):
        numbers = range(start, min(start + BATCH, tokens + 1))
        fill_batch(application, numbers, organisations if start == 1 else [])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def fill_batch(application: Application, numbers: range, organisations: list[Organisation]) -> None:
    """Make the people of these numbers, with a role in each of the organisations."""
    now, scopes = timezone.now(), list(factories.ALL_SCOPES)
    people = User.objects.bulk_create(User(email=f"{n}@bench.example.org") for n in numbers)
    consents = Consent.objects.bulk_create(
        Consent(user=user, application=application, scopes=scopes, last_used_at=now)
        for user in people
    )
    AccessToken.objects.bulk_create(
        AccessToken(
            user=consent.user,
            application=application,
            consent=consent,
            token_checksum=digest(f"bench-{n}"),
            scope=" ".join(scopes),
            expires=now + timedelta(hours=1),
        )
        for n, consent in zip(numbers, consents, strict=True)
    )
    B2BUser.objects.bulk_create(
        B2BUser(user=user, organisation=organisation, role="viewer")
        for user in people
        for organisation in organisations
    )


def asked_with(token: str) -> list[dict[str, Any]]:
    """Authenticate a request as the API does and return the queries that took."""
    request = APIRequestFactory().get(PATH, headers={"Authorization": f"Bearer {token}"})
    with CaptureQueriesContext(connection) as queries:
        _, principal = BearerAuthentication().authenticate(Request(request)) or (None, None)
    if principal is None or not principal.scopes:
        raise RuntimeError(f"{token} opens nothing")
    return queries.captured_queries


def database_ms(token: str) -> float:
    """Return what the server itself spent on those queries, planned anew and run."""
    total = 0.0
    for query in asked_with(token):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql']}")
            (plan,) = cursor.fetchone()
        [told] = plan if isinstance(plan, list) else json.loads(plan)
        total += told["Planning Time"] + told["Execution Time"]
    return total


def report_cost(tokens: int) -> None:
    """Print the number of queries and the time of the database."""
    step = max(1, tokens // ASKED)
    chosen = [f"bench-{number}" for number in range(1, tokens + 1, step)]
    counts = {len(asked_with(token)) for token in chosen}
    times = sorted(database_ms(token) for token in chosen)
    scratch.say(
        f"authentication and principal among {tokens:,} tokens: {max(counts)} queries (<= 2)"
    )
    tail = times[int(len(times) * 0.99)]
    median = statistics.median(times)
    scratch.say(f"database time: median {median:.3f} ms, 99 % {tail:.3f} ms (< 1 ms)")


class Hammer:
    """One client that asks without a pause and notes when each request began, and the status."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection(server.HOST, port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}"}
        self.answers: list[tuple[float, int]] = []

    def run(self, until: Callable[[], bool]) -> None:
        """Ask until told to stop."""
        while not until():
            began = time.perf_counter()
            self._connection.request("GET", PATH, headers=self._headers)
            answer = self._connection.getresponse()
            answer.read()
            self.answers.append((began, answer.status))


def revoke_by_endpoint(port: int, consent: Consent, token: str) -> None:
    """Revoke the token as its client does."""
    pair = f"{consent.application.client_id}:{factories.CLIENT_SECRET}".encode()
    headers = {
        "Authorization": f"Basic {base64.b64encode(pair).decode()}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    asking = http.client.HTTPConnection(server.HOST, port, timeout=60)
    asking.request("POST", "/oauth/revoke/", urlencode({"token": token}), headers)
    expect(asking.getresponse().status, 200)


def withdraw_by_api(port: int, consent: Consent, token: str) -> None:
    """Withdraw the consent as its user does."""
    asking = http.client.HTTPConnection(server.HOST, port, timeout=60)
    headers = {"Authorization": f"Bearer {token}"}
    asking.request("DELETE", f"/api/v1/consents/{consent.pk}/", headers=headers)
    expect(asking.getresponse().status, 204)


def expect(status: int, wanted: int) -> None:
    """Stop the benchmark if a call was not answered as it must be."""
    if status != wanted:
        raise RuntimeError(f"{status} instead of {wanted}")


def late_answers(port: int, token: str, revoke: Callable[[], None]) -> tuple[int, int, int]:
    """Hammer while the token is revoked.

    Returns: how many requests were served before, how many began after the revocation had been
    answered and were served all the same, and how many of these were refused.
    """
    hammers = [Hammer(port, token) for _ in range(HAMMERS)]
    ends = time.perf_counter() + BEFORE_S + AFTER_S
    done: list[float] = []

    def end_it() -> None:
        time.sleep(BEFORE_S)
        revoke()
        done.append(time.perf_counter())

    def is_over() -> bool:
        return bool(done) and time.perf_counter() > max(ends, done[0] + AFTER_S)

    server.at_once([end_it, *(partial(hammer.run, is_over) for hammer in hammers)])
    answers = [answer for hammer in hammers for answer in hammer.answers]
    after = [status for began, status in answers if began >= done[0]]
    served = sum(status == 200 for began, status in answers if began < done[0])
    return served, after.count(200), after.count(401)


def report_revocations(application: Application, user: User) -> None:
    """Print how many requests a dead token still opened, by each way to end one."""
    quiet = {"LOG_LEVEL": "ERROR", "RATE_LIMIT_ANONYMOUS_PER_MINUTE": "100000000"}
    with server.web(**quiet) as port:
        for way in [revoke_by_endpoint, withdraw_by_api] * ROUNDS:
            consent = factories.make_consent(user, application)
            token = factories.make_access_token(application, consent=consent)
            served, late, refused = late_answers(port, token, partial(way, port, consent, token))
            name = way.__name__.replace("_", " ")
            scratch.say(
                f"{name}: {served} served before, then {refused} refused, {late} served (0)"
            )
            Consent.objects.filter(pk=consent.pk).delete()


def main(tokens: int) -> None:
    """Run the benchmark and print the figures."""
    with scratch.database():
        organisation, user = factories.make_organisation(), factories.make_user()
        application = factories.make_application(organisation)
        fill(application, tokens=tokens)
        report_cost(tokens)
        report_revocations(application, user)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else TOKENS)
