"""Applying an import: what a file says is what there is, once."""

from typing import Any

import pytest

from config.lib import secrets
from devices.errors import ImportAtWork, ImportNotChecked, ImportRefused
from devices.models import Asset, BulkImport, Device, Gateway, ImportRow
from devices.services import imports
from tests.devices.onboarding.conftest import Run, built, codes, outcomes, site, space, thing
from twin.models import Site, Space


def portfolio(count: int = 3) -> list[dict[str, Any]]:
    """Return buildings from a template, each with a gateway and a meter in a flat."""
    rows: list[dict[str, Any]] = []
    for number in range(count):
        key = f"B{number}"
        rows += [
            thing("device", f"m{number}", parent=key, place="Flat 1.1", gateway=f"G{number}"),
            thing("gateway", f"g{number}", key=f"G{number}", parent=key),
            built(key),
        ]
    return rows


def test_whole_portfolio_stands_whatever_the_order_of_its_rows(apply: Run) -> None:
    job = apply(portfolio())

    assert (job.status, job.done) == ("applied", 9)
    assert set(outcomes(job)) == {"done"}
    assert Site.objects.count() == Gateway.objects.count() == 3
    stand = Device.objects.values_list("space__name", "site", "gateway__site")
    assert {name for name, _, _ in stand} == {"Flat 1.1"}
    assert all(site == gateways for _, site, gateways in stand)


def test_rows_know_what_they_became(apply: Run) -> None:
    job = apply([site()])

    assert ImportRow.objects.get(bulk_import=job).node == Site.objects.get().pk


def test_spaces_nest_in_the_file_and_in_what_was_there(apply: Run) -> None:
    apply([site()])
    there = Site.objects.get()

    apply([space("room", "floor"), space("floor", "house"), space("house", str(there.pk))])

    room = Space.objects.get(name="room")
    assert [
        one.name for one in Space.objects.filter(path__ancestors=room.path).order_by("path")
    ] == [
        "house",
        "floor",
        "room",
    ]


def test_tags_properties_and_addresses_come_along(apply: Run) -> None:
    rows = [
        site(**{"address.city": "Lyon", "timezone": "Europe/Paris"}),
        space("R", "B1", **{"properties.area": "12.5"}),
        thing("device", "m1", parent="R", **{"tags.billing": "tenant"}),
    ]

    apply(rows)

    assert Site.objects.get().address == {"city": "Lyon"}
    assert Site.objects.get().time_zone == "Europe/Paris"
    assert Space.objects.get().properties == {"area": 12.5}
    assert Device.objects.get().tags == {"billing": "tenant"}


def test_declared_asset_is_taken_into_use(apply: Run) -> None:
    apply([thing("asset", "m1")])

    apply([thing("device", "m1")])

    assert Asset.objects.count() == 1
    assert Device.objects.get().asset.serial == "m1"


def test_claim_codes_are_shown_once(apply: Run) -> None:
    job = apply([thing("asset", "m1"), thing("gateway", "g1"), thing("device", "m2")])

    rows = imports.fetch_claim_codes(job)

    digests = {secrets.digest(secrets.normalise_code(row.claim_code)) for row in rows}
    assert digests == set(
        Asset.objects.filter(serial__in=["m1", "g1"]).values_list("claim_code_digest", flat=True)
    )
    assert imports.fetch_claim_codes(job) == []


def test_all_or_nothing_with_a_refused_row_is_nothing(hand_in: Run) -> None:
    job = hand_in([site(), site("B2", timezone="Mars/Base")])

    with pytest.raises(ImportRefused):
        imports.request_application(job)

    assert not Site.objects.exists()


def test_row_by_row_leaves_out_what_is_refused_and_what_stands_in_it(apply: Run) -> None:
    rows = [
        site(),
        site("B2", timezone="Mars/Base"),
        space("R", "B2"),
        thing("device", "m", parent="R"),
    ]

    job = apply(rows, mode="rows")

    assert outcomes(job) == ["done", "refused", "refused", "refused"]
    assert codes(job) == [
        (2, "timezone", "unknown-timezone"),
        (3, "parent", "refused-above"),
        (4, "parent", "refused-above"),
    ]
    assert (job.status, job.done) == ("applied", 4)


def test_what_outran_the_check_takes_all_back(hand_in: Run) -> None:
    job = hand_in([site(), thing("device", "m1")])
    other = hand_in([thing("device", "m1")])
    for one in (other, job):
        imports.request_application(one)
        imports.run_import(one.pk)

    job.refresh_from_db()
    assert job.status == "checked"
    assert "are refused now (1), so nothing was applied" in job.problem
    assert codes(job) == [(2, "", "asset-in-use")]
    assert not Site.objects.exists()


def test_applied_import_is_not_applied_again(apply: Run) -> None:
    job = apply([site()])

    imports.run_import(job.pk)
    with pytest.raises(ImportNotChecked):
        imports.request_application(job)

    assert Site.objects.count() == 1


def test_import_at_work_is_neither_applied_nor_deleted(hand_in: Run) -> None:
    job = imports.request_application(hand_in([site()]))

    for deed in (imports.request_application, imports.delete_import):
        with pytest.raises(ImportAtWork):
            deed(job)


def test_deletion_forgets_the_import_and_leaves_what_it_made(apply: Run) -> None:
    imports.delete_import(apply([site()]))

    assert not BulkImport.objects.exists()
    assert Site.objects.exists()
