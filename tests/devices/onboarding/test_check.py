"""The check: without effect, and as true as the application itself."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Organisation
from devices.models import Asset, BulkImport, ImportRow
from devices.services import imports
from devices.services.onboarding import running
from integrations.models import Event
from tests.devices import factories
from tests.devices.onboarding.conftest import Run, built, codes, outcomes, site, space, thing
from tests.twin import factories as twin
from twin.models import Node, Site


def test_check_leaves_nothing_behind(hand_in: Run) -> None:
    job = hand_in(
        [built(), thing("gateway", "g1", parent="B1"), thing("device", "m1", parent="B1")]
    )

    assert (job.status, set(outcomes(job))) == ("checked", {"ready"})
    assert not Node.objects.exists()
    assert not Event.objects.exists()
    assert not ImportRow.objects.exclude(node=None, claim_code=None).exists()


REFUSED = {
    "unknown type": ({"type": "castle"}, ("type", "invalid_choice")),
    "missing name": ({"type": "site"}, ("name", "required")),
    "column of another type": (site(serial="1"), ("serial", "unknown")),
    "unknown template": (site(template="castle@1"), ("template", "unknown-template")),
    "unfit parameter": (built() | {"parameters": {"floors": 0}}, ("parameters.floors", "minimum")),
    "unknown parent": (space("R", "B9"), ("parent", "unknown-parent")),
    "unknown fleet": (thing("asset", "1", fleet="East"), ("fleet", "unknown-fleet")),
    "unknown device type": (thing("device", "1", device_type="x"), ("device_type", "unknown-type")),
    "unknown gateway": (thing("device", "1", gateway="G9"), ("gateway", "unknown-gateway")),
    "place without parent": (thing("device", "1", place="Flat"), ("parent", "required")),
    "unknown role": (thing("asset", "1", role="king"), ("role", "invalid_choice")),
    "rounded serial": (thing("asset", "1") | {"serial": 10.0**18}, ("serial", "rounded")),
    "latitude in words": (site(latitude="north"), ("latitude", "invalid")),
    "space inside itself": (space("R", "R"), ("parent", "inside-itself")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_row_names_column_and_rule(case: str, hand_in: Run) -> None:
    row, (column, code) = REFUSED[case]

    job = hand_in([row])

    assert (1, column, code) in codes(job)
    assert outcomes(job) == ["refused"]


def test_row_is_told_everything_that_it_names_wrongly(hand_in: Run) -> None:
    job = hand_in([thing("device", "1", fleet="East", device_type="x", parent="B9")])

    assert [column for _, column, _ in codes(job)] == ["fleet", "device_type", "parent"]


def test_second_row_of_a_key_is_refused(hand_in: Run) -> None:
    job = hand_in([site("B1"), site("B1")])

    assert codes(job) == [(2, "key", "duplicate")]


def test_serial_that_comes_twice_is_refused_once(hand_in: Run) -> None:
    job = hand_in([thing("device", "m1"), thing("device", "m1"), thing("device", "m2")])

    assert sorted(outcomes(job)) == ["ready", "ready", "refused"]
    assert [code for _, _, code in codes(job)] == ["asset-already-declared"]


def test_name_of_a_place_must_be_plain(hand_in: Run) -> None:
    rows = [site(), space("a", "B1", name="Cellar"), space("b", "B1", name="Cellar")]

    job = hand_in([*rows, thing("device", "m1", parent="B1", place="Cellar")])

    assert codes(job) == [(4, "place", "ambiguous")]


def test_things_of_others_do_not_exist(hand_in: Run, charlie: Any) -> None:
    other = Organisation.objects.get(name="Elsewhere")
    theirs = twin.make_site(other)
    factories.make_fleet(other, name="Theirs")
    gateway = factories.make_gateway(other)

    job = hand_in(
        [
            space("R", str(theirs.pk)),
            thing("asset", "1", fleet="Theirs"),
            thing("device", "2", gateway=str(gateway.pk)),
        ]
    )

    assert [code for _, _, code in codes(job)] == [
        "unknown-parent",
        "unknown-fleet",
        "unknown-gateway",
    ]


def test_site_name_that_is_taken_is_a_warning(hand_in: Run, organisation: Organisation) -> None:
    twin.make_site(organisation, name="House B1")

    job = hand_in([site()])

    row = ImportRow.objects.get(bulk_import=job)
    assert (row.status, row.warnings[0]["code"]) == ("ready", "name-taken")


def test_bad_rows_cost_themselves_alone_in_a_large_batch(hand_in: Run) -> None:
    rows = [thing("asset", f"s{number}") for number in range(60)]
    for number in (7, 30, 59):
        rows[number]["fleet"] = "East"

    job = hand_in(rows)

    assert [number for number, _, _ in codes(job)] == [8, 31, 60]
    assert outcomes(job).count("ready") == 57


def test_statements_do_not_grow_with_the_rows(
    hand_in: Run, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    rows = [site(), *(thing("device", f"s{number}", parent="B1") for number in range(200))]

    with django_assert_max_num_queries(90):
        hand_in(rows)


def test_suspended_asset_is_refused(hand_in: Run, organisation: Organisation) -> None:
    factories.make_asset(organisation, serial="m1", status="suspended")

    job = hand_in([thing("device", "m1")])

    assert codes(job) == [(1, "", "asset-not-active")]


def test_check_of_a_running_check_does_nothing(hand_in: Run) -> None:
    job = hand_in([site()])
    BulkImport.objects.filter(pk=job.pk).update(status="applied")

    imports.check_import(job.pk)

    job.refresh_from_db()
    assert job.status == "applied"


def test_progress_is_seen_while_the_check_runs(
    hand_in: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(running, "BATCH", 1)
    make = running.make

    def watched(batch: running.Batch) -> Any:
        seen.append(running.progress_of(BulkImport.objects.get()))
        return make(batch)

    monkeypatch.setattr(running, "make", watched)
    hand_in([thing("asset", "1"), thing("asset", "2"), thing("asset", "3")])

    assert seen == [0, 1, 2]


def test_nothing_is_made_by_rows_of_another_import(hand_in: Run) -> None:
    hand_in([site("B1")])

    job = hand_in([space("R", "B1")])

    assert codes(job) == [(1, "parent", "unknown-parent")]
    assert not Site.objects.exists()
    assert not Asset.objects.exists()
