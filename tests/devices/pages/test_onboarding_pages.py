"""Portfolios are onboarded on a page: the file is checked, each row told, then it is applied."""

import re
from collections.abc import Sequence
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, User
from devices.admin import import_standing
from devices.models import Asset, BulkImport, Fleet, ImportRow
from devices.services import imports
from tests.devices.factories import make_fleet
from tests.twin.factories import make_site
from twin.models import Site

pytestmark = pytest.mark.django_db
LIST = "/admin/devices/bulkimport/"
GOOD = {"type": "site", "key": "B1", "name": "Quay 1"}
WRONG = {"type": "space", "parent": "B9", "kind": "room", "name": "Attic"}


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root@example.org", "secret"))
    return client


@pytest.fixture
def fleet(organisation: Organisation) -> Fleet:
    return make_fleet(organisation, name="West")


def hand_in(
    client: Client, organisation: Organisation, rows: Sequence[dict[str, Any]], name: str = "a.json"
) -> Any:
    file = BytesIO(orjson.dumps(rows))
    file.name = name
    body = {"organisation": str(organisation.pk), "file": file}
    return client.post(f"{LIST}start/", body)


def checked(
    client: Client, organisation: Organisation, *rows: dict[str, Any]
) -> tuple[BulkImport, str]:
    """Hand rows in, let a worker check them, and return the import with its address."""
    hand_in(client, organisation, rows)
    job = BulkImport.objects.latest("pk")
    imports.run_import(job.pk)
    return job, f"{LIST}{job.pk}/"


def shown(response: Any) -> str:
    text = re.sub(r"<[^>]*>", " ", response.content.decode())
    return re.sub(r"\s+", " ", unescape(text))


def test_file_is_checked_and_each_refused_row_told(
    manager: Client, organisation: Organisation
) -> None:
    _, at = checked(manager, organisation, GOOD, WRONG)

    page = shown(manager.get(f"{at}change/"))

    assert "Refused: 1. Can be applied: 1. Nothing is made yet." in page
    assert "parent There is no such thing. There is no site or space 'B9'" in page
    assert "Quay 1" not in page
    assert "Quay 1" in shown(manager.get(f"{at}change/?status=ready"))
    assert not Site.objects.exists()


def test_all_or_nothing_is_refused_and_row_by_row_is_done(
    manager: Client, organisation: Organisation
) -> None:
    job, at = checked(manager, organisation, GOOD, WRONG)

    told = shown(manager.post(f"{at}apply/", {"mode": "all"}, follow=True))
    manager.post(f"{at}apply/", {"mode": "rows"})
    imports.run_import(job.pk)

    assert "The import has refused rows (1), so nothing is applied." in told
    assert "Applied. Made: 1. Left out: 1." in shown(manager.get(f"{at}change/"))
    (site,) = Site.objects.all()
    done = manager.get(f"{at}change/?status=done").content.decode()
    assert f'<a href="/admin/twin/site/{site.pk}/change/">Quay 1</a>' in done


def test_what_is_to_mind_is_shown_before_it_is_applied(
    manager: Client, organisation: Organisation
) -> None:
    make_site(organisation, name=GOOD["name"])
    _, at = checked(manager, organisation, GOOD, {**GOOD, "key": "B2", "name": "Quay 2"})

    page = shown(manager.get(f"{at}change/"))

    assert "To mind: 1." in page
    assert "name The name is taken. Another site has this name." in page
    assert "Quay 2" not in page


def test_page_speaks_the_language_of_its_reader(
    manager: Client, organisation: Organisation
) -> None:
    User.objects.update(locale="de")
    _, at = checked(manager, organisation, WRONG)

    assert "Keine Zeile kann angewendet werden." in shown(manager.get(f"{at}change/"))


def test_file_that_cannot_be_read_is_told_on_the_page(
    manager: Client, organisation: Organisation
) -> None:
    page = shown(hand_in(manager, organisation, [GOOD], name="a.txt"))

    assert "The name must end with one of: .csv, .json, .xlsx." in page
    assert not BulkImport.objects.exists()


def test_claim_codes_are_given_once(
    manager: Client, organisation: Organisation, fleet: Fleet
) -> None:
    asset = {"type": "asset", "fleet": fleet.name, "manufacturer": "Acme", "serial": "007"}
    job, at = checked(manager, organisation, asset)
    manager.post(f"{at}apply/", {"mode": "all"})
    imports.run_import(job.pk)

    first = b"".join(manager.post(f"{at}codes/")).decode().splitlines()
    again = b"".join(manager.post(f"{at}codes/")).decode().splitlines()

    assert (len(first), len(again), Asset.objects.count()) == (2, 1, 1)
    assert "007" in first[1]
    assert "Claim codes" not in shown(manager.get(f"{at}change/"))


def test_import_that_stands_still_is_handed_to_another_worker(
    manager: Client, organisation: Organisation
) -> None:
    hand_in(manager, organisation, [GOOD])
    job = BulkImport.objects.get()
    assert 'value="Go on"' not in manager.get(f"{LIST}{job.pk}/change/").content.decode()
    BulkImport.objects.update(updated_at=timezone.now() - timedelta(minutes=2))

    page = manager.get(f"{LIST}{job.pk}/change/").content.decode()
    assert 'value="Go on"' in page
    manager.post(f"{LIST}{job.pk}/resume/")


def test_rows_are_shown_page_by_page(
    manager: Client, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_standing, "SHOWN", 2)
    _, at = checked(manager, organisation, *({**GOOD, "key": f"B{n}"} for n in range(3)))
    last = ImportRow.objects.order_by("pk")[1].pk

    first, second = (manager.get(f"{at}change/?after={after}") for after in ("", last))

    assert f"after={last}" in first.content.decode()
    assert second.content.decode().count("import-is-ready") == 1


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_files_to_fill_in_are_offered(manager: Client, kind: str) -> None:
    answer = manager.get(f"{LIST}template/{kind}/")

    assert f'filename="atrium-import.{kind}"' in answer["Content-Disposition"]
    assert f"template/{kind}/" in manager.get(f"{LIST}start/").content.decode()


def test_forgotten_import_leaves_what_it_made(manager: Client, organisation: Organisation) -> None:
    job, at = checked(manager, organisation, GOOD)
    manager.post(f"{at}apply/", {"mode": "all"})
    imports.run_import(job.pk)

    manager.post(f"{at}forget/")

    assert (BulkImport.objects.count(), Site.objects.count()) == (0, 1)


def test_rows_take_the_permission_to_make_their_things(
    client: Client, organisation: Organisation
) -> None:
    clerk = User.objects.create_user("clerk@example.org", "secret", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="add_bulkimport"))
    client.force_login(clerk)

    refused = hand_in(client, organisation, [GOOD]).status_code
    clerk.user_permissions.add(Permission.objects.get(codename="add_site"))
    taken = hand_in(client, organisation, [GOOD]).status_code

    assert (refused, taken) == (403, 302)
    assert client.post(f"{LIST}{BulkImport.objects.get().pk}/forget/").status_code == 403
