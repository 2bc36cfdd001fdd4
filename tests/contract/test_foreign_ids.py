"""Ids of other tenants, and fields that nobody offered, in every body of every write call.

The calls and their fields come from the OpenAPI document, so that a new one is tried too.
"""

import re
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from tests.contract.bodies import Pointer, Write, with_value, writes
from tests.contract.stage import Building, Home
from tests.contract.test_matrix import address
from tests.contract.things import NOBODY, client_of, client_with
from tests.factories import make_access_token

pytestmark = pytest.mark.django_db
# Access is given to whoever one names: a person, or an organisation such as the installers'.
PARTIES = {
    ("POST grants/", ("user",)),
    ("POST grants/", ("organisation",)),
    ("POST sites/{id}/members/", ("user",)),
    ("POST spaces/{id}/occupancies/", ("user",)),
    ("POST sites/{id}/transfer/", ("user",)),
}
# Where an item says it itself, what is said for all items does not count.
NEW_ASSETS = {"assets": [{"manufacturer": "A", "serial": "1"}]}
SAID_ONCE: dict[tuple[str, Pointer], Any] = {("POST assets/bulk/", ("fleet",)): NEW_ASSETS}
# Calls that answer for each item by itself, with what was refused.
BY_ITEM = {"POST readings/", "POST assets/bulk/", "POST imports/"}
# What a gateway alone may say, with its own credentials.
BY_GATEWAY = {"POST commands/{id}/status/", "POST gateways/{id}/commands/fetch/"}
UNOFFERED: dict[str, Any] = {
    "role": "owner",
    "organisation": NOBODY,
    "is_staff": True,
    "is_superuser": True,
    "user": NOBODY,
    "consent": NOBODY,
    "id": NOBODY,
    "scopes": ["sites:write"],
    "organisation_id": NOBODY,
}
NOUNS = sorted({write.call.split()[1].partition("/")[0] for write in writes()})
CHANGING = re.compile(r'"(request_id|at|instance)": ?"[^"]*"')


def of(noun: str) -> list[Write]:
    """Return the write calls of a noun."""
    return [write for write in writes() if write.call.split()[1].partition("/")[0] == noun]


def path_of(call: str) -> str:
    """Return the path of a call as the URLconf writes it."""
    path = call.split()[1]
    for name in ("id", "member", "assignment", "backfill"):
        path = path.replace(f"{{{name}}}", f"<uuid:{name}>")
    return path.replace("{key}", "<slug:key>").replace("{number}", "<int:number>")


def base_of(call: str, mine: Building) -> dict[str, Any]:
    """Return a body that the call accepts, or an empty one."""
    method = call.split(maxsplit=1)[0]
    return dict(mine.bodies.get(f"{method} {path_of(call)}", {}))


def answer(client: APIClient, call: str, mine: Building, body: Any) -> tuple[int, str]:
    """Return status and body of the answer, and undo what the call did."""
    method = call.split(maxsplit=1)[0].lower()
    with transaction.atomic():
        response = getattr(client, method)(address(path_of(call), mine.ids), body)
        transaction.set_rollback(True)
    return response.status_code, CHANGING.sub("", response.content.decode())


def foreign_ids(theirs: Building, home: Home) -> dict[str, str]:
    """Return ids of everything that others have, by what it is."""
    client_of(theirs.owner)
    kept = {noun: key for noun, key in theirs.ids.items() if noun not in {"key", "number", "audit"}}
    kept["users"] = theirs.owner.pk
    people = {f"home of others: {noun}": key for noun, key in home.ids.items()}
    return {noun: str(key) for noun, key in (kept | people).items()}


@pytest.mark.parametrize("noun", NOUNS)
def test_id_of_another_tenant_is_answered_like_one_that_nobody_has(noun: str) -> None:
    mine = Building()
    client, others = client_of(mine.owner), foreign_ids(Building(), Home())
    leaks = []
    for write in of(noun):
        for place in write.ids:
            if (write.call, place) not in PARTIES:
                leaks += [
                    (write.call, place, kind, told)
                    for kind, told in leaks_of(client, write, place, mine, others)
                ]
    assert leaks == []


def leaks_of(
    client: APIClient, write: Write, place: Pointer, mine: Building, others: dict[str, str]
) -> list[tuple[str, Any]]:
    """Return for which of the others' ids the answer is another one, or a success."""
    base = SAID_ONCE.get((write.call, place)) or base_of(write.call, mine)
    nobody = answer(client, write.call, mine, with_value(base, place, NOBODY))
    found: list[tuple[str, Any]] = []
    for kind, key in others.items():
        status, text = answer(client, write.call, mine, with_value(base, place, key))
        told = (status, text.replace(key, NOBODY))
        is_taken = status < 300 and write.call not in BY_ITEM | {"POST access/explain/"}
        if told != nobody or is_taken:
            found.append((kind, (told, nobody)))
    return found


@pytest.mark.parametrize(("call", "place"), sorted(PARTIES), ids=str)
def test_party_that_is_none_is_answered_alike_whatever_the_id_is_of(
    call: str, place: Pointer
) -> None:
    mine, theirs = Building(), Building()
    client = client_of(mine.owner)
    base = {key: value for key, value in base_of(call, mine).items() if key != "email"}
    wrong = {"site": theirs.site.pk, "device": theirs.device.pk, "nobody": NOBODY}

    told = set()
    for key in map(str, wrong.values()):
        status, text = answer(client, call, mine, with_value(base, place, key))
        told.add((status, text.replace(key, NOBODY)))
    (status, text), *rest = told

    assert status == 400, text
    assert rest == []


@pytest.mark.parametrize("noun", NOUNS)
def test_field_that_was_not_offered_is_refused_wherever_it_stands(noun: str) -> None:
    mine = Building()
    owner = client_of(mine.owner)
    own = mine.gateway.application
    assert own is not None
    gateway = client_with(make_access_token(own))
    taken = []
    for write in of(noun):
        client = gateway if write.call in BY_GATEWAY else owner
        base = base_of(write.call, mine)
        for place, offered in write.objects.items():
            for name in UNOFFERED.keys() - offered:
                body = with_value(base, (*place, name), UNOFFERED[name])
                status, text = answer(client, write.call, mine, body)
                if not is_refused(status, text, name):
                    taken.append((write.call, place, name, status, text[:200]))
    assert taken == []


def is_refused(status: int, text: str, name: str) -> bool:
    """Say whether the answer points at the field, as a whole or for the item."""
    is_named = f"/{name}" in text or f"no such field: {name}" in text
    return status in {200, 400} and is_named and "unknown" in text
