"""The admin pages of devices: they show values, mask codes, and change things by services."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Organisation, User
from devices.choices import AssetStatus
from devices.models import Asset, Device
from devices.services.readings import record_readings
from tests.devices.factories import make_asset, make_device


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.org"))
    return client


def test_device_page_shows_latest_values(staff: Client, organisation: Organisation) -> None:
    device = make_device(organisation)
    item = {"device": device.pk, "point": "active_power", "time": "2026-08-01T00:00:00Z"}
    record_readings([{**item, "value": 284.3}], devices=Device.objects.all())

    page = staff.get(reverse("admin:devices_device_change", args=[device.pk]))

    assert "284.3 W" in page.content.decode()


def test_device_is_renamed_by_the_service(staff: Client, organisation: Organisation) -> None:
    device = make_device(organisation)
    inlines = {
        f"{name}-{part}": "0"
        for name in ("points", "placements")
        for part in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    url = reverse("admin:devices_device_change", args=[device.pk])

    response = staff.post(url, {"name": "Cellar", "tags": '{"a": "b"}', **inlines})

    device.refresh_from_db()
    assert response.status_code == 302
    assert (device.name, device.tags) == ("Cellar", {"a": "b"})


def test_claim_code_is_masked(staff: Client, organisation: Organisation) -> None:
    asset = make_asset(organisation)

    page = staff.get(reverse("admin:devices_asset_change", args=[asset.pk])).content.decode()

    assert asset.claim_code_digest not in page
    assert "••••" in page


def test_assets_are_suspended_from_the_list(staff: Client, organisation: Organisation) -> None:
    asset = make_asset(organisation)
    chosen = {"action": "suspend", "_selected_action": [str(asset.pk)]}

    staff.post(reverse("admin:devices_asset_changelist"), chosen)

    assert Asset.objects.get().status == AssetStatus.SUSPENDED
