"""The shipped device types come into the tables, again and again, and none in use is lost."""

from copy import deepcopy
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation
from devices.models import DeviceType, PointType
from devices.services.catalogue import load_catalogue
from devices.services.catalogue_files import Catalogue, read_catalogue

pytestmark = pytest.mark.django_db


def without(catalogue: Catalogue, key: str) -> Catalogue:
    fewer = deepcopy(catalogue)
    del fewer.device_types[key]
    return fewer


def test_every_type_is_loaded_with_points_and_actions() -> None:
    loaded = load_catalogue()

    plug = DeviceType.objects.get(key="smartme-plug")
    assert loaded.total == DeviceType.objects.count()
    assert plug.points.get(key="active_power").unit == "W"
    assert plug.actions.get(key="switch").timeout_s == 30


def test_enum_labels_are_stored_by_number() -> None:
    load_catalogue()

    state = PointType.objects.get(device_type__key="smartme-pico", key="charging_state")

    assert state.labels["4"] == "charging"


def test_second_load_writes_nothing_and_keeps_ids() -> None:
    load_catalogue()
    before = dict(PointType.objects.values_list("pk", "key"))

    loaded = load_catalogue()

    assert (loaded.changed, loaded.removed) == (0, 0)
    assert dict(PointType.objects.values_list("pk", "key")) == before


def test_load_takes_a_few_statements_whatever_the_size() -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        load_catalogue()

    assert len(queries) < 25


def test_changed_entry_keeps_its_id() -> None:
    load_catalogue()
    plug = DeviceType.objects.get(key="smartme-plug")
    changed = read_catalogue()
    changed.device_types["smartme-plug"]["model"] = "Plug 2"

    loaded = load_catalogue(changed)

    assert loaded.changed == 1
    assert DeviceType.objects.get(pk=plug.pk).model == "Plug 2"


def test_point_that_left_the_files_goes_when_nothing_uses_it() -> None:
    load_catalogue()
    fewer = read_catalogue()
    del fewer.device_types["smartme-plug"]["points"][0]

    load_catalogue(fewer)

    points = PointType.objects.filter(device_type__key="smartme-plug")
    assert not points.filter(key="active_energy_import").exists()
    assert points.count() == len(fewer.device_types["smartme-plug"]["points"])


def test_type_that_left_the_files_goes_when_nothing_uses_it() -> None:
    load_catalogue()

    loaded = load_catalogue(without(read_catalogue(), "smartme-plug"))

    assert (loaded.removed, loaded.kept_in_use) == (1, ())
    assert not DeviceType.objects.filter(key="smartme-plug").exists()


def test_types_of_an_organisation_are_left_alone(organisation: Organisation) -> None:
    own = DeviceType.objects.create(
        key="smartme-plug", organisation=organisation, name="Our plug", category="plug"
    )

    load_catalogue()
    load_catalogue(without(read_catalogue(), "smartme-plug"))

    own.refresh_from_db()
    assert own.name == "Our plug"


def test_command_says_what_it_did() -> None:
    out = StringIO()

    call_command("load_catalogue", stdout=out)

    assert "0 removed" in out.getvalue()
