"""Staff import device types on a page: a dry run tells of each, and only then it is done."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import Organisation, User
from devices.models import DeviceType
from tests.devices.factories import make_type

pytestmark = pytest.mark.django_db
URL = "/admin/devices/devicetype/import/"
LAMP = "key: lamp\nmodel: Lamp\ncategory: light\npoints: [switch_on]\n"


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.org"))
    return client


def send(client: Client, organisation: Organisation, text: str, **more: Any) -> Any:
    return client.post(URL, {"organisation": str(organisation.pk), "text": text, **more})


def test_dry_run_tells_and_the_second_press_does_it(
    staff: Client, organisation: Organisation
) -> None:
    tried = send(staff, organisation, LAMP, **{"try": "1"}).content.decode()
    assert ("Nothing is written yet" in tried, DeviceType.objects.exists()) == (True, False)

    done = send(staff, organisation, LAMP, apply="1").content.decode()

    assert "Done" in done
    assert DeviceType.objects.get().organisation == organisation


def test_file_goes_before_the_text_and_is_kept_for_the_second_press(
    staff: Client, organisation: Organisation
) -> None:
    file = BytesIO(LAMP.encode())
    file.name = "lamp.yaml"

    page = send(staff, organisation, "", file=file).content.decode()

    assert "key: lamp" in page
    assert "Import for good" in page


def test_what_is_wrong_is_told_of_each_type_and_nothing_is_done(
    staff: Client, organisation: Organisation
) -> None:
    good = {"key": "cup", "model": "Cup", "category": "cup", "points": ["temperature"]}
    wrong = {**good, "key": "lamp", "points": ["swich_on"]}
    both = json.dumps({"device_types": [good, wrong]})

    page = send(staff, organisation, both, apply="1").content.decode()

    assert "#/device_types/1/points/0" in page
    assert "Did you mean switch_on?" in page
    assert not DeviceType.objects.exists()


@pytest.mark.parametrize("text", ["", "a: [", "- 1"])
def test_what_is_no_document_is_said_so(
    staff: Client, organisation: Organisation, text: str
) -> None:
    page = send(staff, organisation, text)

    assert page.status_code == 200
    assert 'class="errorlist' in page.content.decode()


def test_staff_without_the_permissions_are_refused(organisation: Organisation) -> None:
    client = Client()
    looker = User.objects.create_user("looker@example.org", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_devicetype"))
    client.force_login(looker)

    assert client.get(URL).status_code == 403
    assert send(client, organisation, LAMP, apply="1").status_code == 403
    assert "Import YAML" not in client.get("/admin/devices/devicetype/").content.decode()


def test_type_goes_out_as_yaml(staff: Client, organisation: Organisation) -> None:
    kind = make_type(organisation, key="cup")

    answer = staff.get(f"/admin/devices/devicetype/{kind.pk}/yaml/")

    assert answer["Content-Type"] == "application/yaml"
    assert answer.content.decode().startswith("key: cup\n")
