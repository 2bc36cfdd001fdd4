"""``imports/`` over HTTP: hand in, look, apply; and every way in which a file cannot be read."""

import csv
import io
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import openpyxl
import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts.models import Organisation, User
from devices import tasks
from devices.models import BulkImport, Device, ImportRow
from devices.services.onboarding import files
from tests.conftest import Client
from tests.devices import factories
from tests.devices.onboarding.conftest import site, thing
from tests.problems import assert_problem
from twin.models import Site
from twin.services.catalogue import load_shipped_templates

URL = "/api/v1/imports/"
HandIn = Callable[..., Any]


@pytest.fixture
def client(alice: User, as_: Client) -> APIClient:
    return as_(alice)


@pytest.fixture
def upload(client: APIClient, django_capture_on_commit_callbacks: Any) -> HandIn:
    """Return a function that uploads a file; the worker's task runs on commit, in the test."""

    def send(name: str, content: bytes, **fields: Any) -> Any:
        body = {"file": SimpleUploadedFile(name, content), **fields}
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(URL, body, format="multipart")

    return send


@pytest.fixture(autouse=True)
def at_once(settings: Any) -> None:
    """Run tasks where they are asked for."""
    settings.CELERY_TASK_ALWAYS_EAGER = True


def test_file_is_taken_in_and_checked(upload: HandIn, client: APIClient) -> None:
    answer = upload("sites.csv", b"type,name\nsite,Villa Rose\nsite,\n")

    found = client.get(f"{URL}{answer.json()['id']}/").json()
    assert answer.status_code == HTTPStatus.ACCEPTED
    assert answer.json()["status"] == "checking"
    assert (found["status"], found["rows"]) == ("checked", {"ready": 1, "refused": 1})
    assert found["progress"] == {"done": 2, "total": 2, "percent": 100}


def test_rows_tell_what_is_wrong_with_them(upload: HandIn, client: APIClient) -> None:
    job = upload("sites.csv", b"type,name\nsite,Villa Rose\nsite,\n").json()["id"]

    rows = client.get(f"{URL}{job}/rows/", {"status": "refused"}).json()["results"]

    assert [(row["number"], row["findings"][0]["column"]) for row in rows] == [(3, "name")]


def test_checked_import_is_applied(
    upload: HandIn, client: APIClient, django_capture_on_commit_callbacks: Any
) -> None:
    job = upload("sites.csv", b"type,name\nsite,Villa Rose\n").json()["id"]

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{URL}{job}/apply/")

    assert answer.status_code == HTTPStatus.ACCEPTED
    assert BulkImport.objects.get().status == "applied"
    assert Site.objects.get().name == "Villa Rose"


def test_refused_rows_keep_a_whole_file_from_being_applied(
    upload: HandIn, client: APIClient
) -> None:
    job = upload("sites.csv", b"type,name\nsite,Villa Rose\nsite,\n").json()["id"]

    answer = client.post(f"{URL}{job}/apply/")

    assert_problem(answer, HTTPStatus.CONFLICT, "import-refused", refused=1)
    taken = client.post(f"{URL}{job}/apply/", {"mode": "rows"}, format="json").json()
    assert (taken["mode"], taken["status"]) == ("rows", "applying")


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_offered_template_can_be_handed_in_as_it_is(
    kind: str, upload: HandIn, client: APIClient, organisation: Organisation
) -> None:
    load_shipped_templates()
    factories.make_fleet(organisation, name="Heat meters west")
    factories.make_type(key="heat-meter")
    offered = client.get(f"{URL}template/", {"type": kind})

    job = upload(f"filled.{kind}", offered.content).json()["id"]

    rows = ImportRow.objects.filter(bulk_import=job)
    assert [row.findings for row in rows] == [[]] * 5
    assert offered["Content-Disposition"] == f'attachment; filename="atrium-import.{kind}"'


def test_rows_may_come_as_json(client: APIClient) -> None:
    answer = client.post(URL, {"rows": [site()], "mode": "rows", "name": "from the CRM"})

    assert answer.status_code == HTTPStatus.ACCEPTED
    assert answer.json()["file_name"] == "from the CRM"


def workbook(**sheets: list[list[Any]]) -> bytes:
    """Return an XLSX file."""
    book = openpyxl.Workbook()
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_sheets_of_a_workbook_are_types_and_others_are_notes(upload: HandIn) -> None:
    content = workbook(sites=[["key", "name"], ["B1", "Villa"], [], ["B2", 12]], Notes=[["Hello"]])

    job = upload("book.xlsx", content).json()["id"]

    rows = ImportRow.objects.filter(bulk_import=job).order_by("pk")
    assert [(row.sheet, row.number, row.values["name"]) for row in rows] == [
        ("sites", 2, "Villa"),
        ("sites", 4, "12"),
    ]


UNREADABLE = {
    "no format": ("sites.doc", b"x"),
    "empty": ("sites.csv", b"type,name\n"),
    "not UTF-8": ("sites.csv", "type,name\nsite,Café\n".encode("latin-1")),
    "unknown column": ("sites.csv", b"type,colour\nsite,red\n"),
    "column twice": ("sites.csv", b"type,name,name\nsite,a,b\n"),
    "broken quotes": ("sites.csv", b'type,name\nsite,"a\n'),
    "no JSON": ("sites.json", b"{"),
    "JSON of another shape": ("sites.json", b'{"sites": []}'),
    "no workbook": ("sites.xlsx", b"PK not really"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_unreadable_file_is_refused_in_plain_words(case: str, upload: HandIn) -> None:
    answer = upload(*UNREADABLE[case])

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "file-not-readable")
    assert not BulkImport.objects.exists()


def test_file_of_too_many_rows_is_refused(upload: HandIn) -> None:
    rows = orjson.dumps([site()] * (files.MAX_ROWS + 1))

    assert_problem(upload("a.json", rows), HTTPStatus.BAD_REQUEST, "file-not-readable")


def test_workbook_that_unpacks_to_too_much_is_refused(
    upload: HandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_UNPACKED", 100)

    answer = upload("a.xlsx", workbook(sites=[["name"], ["Villa"]]))

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "file-not-readable")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_understood(separator: str, upload: HandIn) -> None:
    content = separator.join(["type", "name\r\nsite", "Villa, old\r\n"]).encode("utf-8-sig")

    upload("sites.csv", content)

    assert ImportRow.objects.get().values == {"name": "Villa, old"}


@pytest.mark.parametrize(
    ("kind", "scope"), [("device", "devices:write"), ("asset", "fleets:write")]
)
def test_rows_need_the_scope_of_what_they_make(
    kind: str, scope: str, alice: User, as_: Client
) -> None:
    answer = as_(alice, "sites:write").post(URL, {"rows": [thing(kind, "1")]})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "scope-missing", scope=scope)


def test_report_names_every_finding_and_holds_no_formula(upload: HandIn, client: APIClient) -> None:
    job = upload("a.csv", b"type,key,name\nsite,=1+1,\nsite,B2,Villa\n").json()["id"]

    content = client.get(f"{URL}{job}/report/").getvalue().decode()

    lines = list(csv.DictReader(io.StringIO(content)))
    assert [(line["key"], line["status"], line["code"]) for line in lines] == [
        ("'=1+1", "refused", "required"),
        ("B2", "ready", ""),
    ]


def test_claim_codes_come_once(
    upload: HandIn,
    client: APIClient,
    organisation: Organisation,
    django_capture_on_commit_callbacks: Any,
) -> None:
    factories.make_fleet(organisation, name="West")
    content = b"type,fleet,manufacturer,serial\nasset,West,Acme,0001\n"
    job = upload("a.csv", content).json()["id"]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{URL}{job}/apply/")

    first, second = (client.post(f"{URL}{job}/claim-codes/").json() for _ in range(2))

    assert [row["serial"] for row in first["results"]] == ["0001"]
    assert len(first["results"][0]["claim_code"]) > 16
    assert second == {"results": []}


def test_import_of_others_does_not_exist(upload: HandIn, charlie: User, as_: Client) -> None:
    job = upload("a.csv", b"type,name\nsite,Villa\n").json()["id"]

    for method, path in [("get", ""), ("post", "apply/"), ("get", "rows/"), ("get", "report/")]:
        answer = getattr(as_(charlie), method)(f"{URL}{job}/{path}")
        assert_problem(answer, HTTPStatus.NOT_FOUND)


def test_viewer_neither_hands_in_nor_applies(vera: User, as_: Client) -> None:
    answer = as_(vera).post(URL, {"rows": [site()]})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "role-missing")


def test_worker_that_died_is_replaced(
    upload: HandIn, django_capture_on_commit_callbacks: Any
) -> None:
    job = upload("a.csv", b"type,name\nsite,Villa\n").json()["id"]
    BulkImport.objects.update(status="applying", updated_at="2026-01-01T00:00:00Z")

    with django_capture_on_commit_callbacks(execute=True):
        tasks.resume_imports()

    assert BulkImport.objects.get(pk=job).status == "applied"
    assert not Device.objects.exists()
