"""What the page of an import shows: how it stands, what may be done, and its rows."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from devices.admin.import_words import IMPORT_STATES, MODES, ROW_STATES, ROW_TYPES, rule_of
from devices.choices import ImportRowStatus, ImportStatus
from devices.models import BulkImport, ImportRow
from devices.services.onboarding.running import progress_of

SHOWN = 100
# Whoever waits longer may ask another worker to go on.
STANDS_STILL_AFTER = timedelta(minutes=1)
# Beside the states: rows that can be applied, of which there is something to mind.
HINTED = "hints"
HAND_IN = "devices.add_bulkimport"
CODES = "devices.add_asset"
PAGES = {
    "site": "twin_site",
    "space": "twin_space",
    "gateway": "devices_gateway",
    "asset": "devices_asset",
    "device": "devices_device",
}
FORGET = "devices.delete_bulkimport"


def standing(job: BulkImport, request: HttpRequest) -> dict[str, Any]:
    """Return what the page of an import shows (five queries)."""
    may = request.user.has_perm
    rows = ImportRow.objects.filter(bulk_import=job)
    counts = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    refused = counts.get(ImportRowStatus.REFUSED, 0)
    hinted = rows.exclude(warnings=[]).count()
    first = ImportRowStatus.REFUSED if refused else HINTED if hinted else ""
    status = request.GET.get("status", first)
    status = status if status in {*ImportRowStatus.values, HINTED} else ""
    done = min(progress_of(job), job.total)
    is_still = job.is_at_work and job.updated_at < timezone.now() - STANDS_STILL_AFTER
    return {
        "title": job.file_name,
        "job": job,
        "state": IMPORT_STATES[job.status],
        "mode": MODES[job.mode],
        "modes": MODES.items(),
        "done": done,
        "percent": 100 * done // max(job.total, 1),
        "is_checked": job.status == ImportStatus.CHECKED,
        "is_applied": job.status == ImportStatus.APPLIED,
        "refused": refused,
        "good": job.total - refused,
        "hinted": hinted,
        "states": [(one, ROW_STATES[one], n) for one in ROW_STATES if (n := counts.get(one, 0))],
        "status": status,
        "may_hand_in": may(HAND_IN),
        "may_forget": may(FORGET) and not job.is_at_work,
        "can_resume": is_still and may(HAND_IN),
        "has_codes": may(CODES) and rows.filter(claim_code__isnull=False).exists(),
        **_page_of(_of_status(rows, status), request),
    }


def _of_status(rows: QuerySet[ImportRow], status: str) -> QuerySet[ImportRow]:
    if status == HINTED:
        return rows.exclude(warnings=[])
    return rows.filter(status=status) if status else rows


def _page_of(rows: QuerySet[ImportRow], request: HttpRequest) -> dict[str, Any]:
    """Return the next rows behind a row, in the order of the file."""
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) < len(str(2**63)):
        rows = rows.filter(pk__gt=int(after))
    found = list(rows.defer("claim_code").order_by("pk")[: SHOWN + 1])
    shown = [
        {
            "row": row,
            "type": ROW_TYPES.get(row.type, row.type),
            "state": ROW_STATES[row.status],
            "name": row.values.get("name") or row.values.get("serial") or row.key,
            "page": _page_of_thing(row),
            "findings": [{**one, "rule": rule_of(one)} for one in row.findings],
            "warnings": [{**one, "rule": rule_of(one)} for one in row.warnings],
        }
        for row in found[:SHOWN]
    ]
    return {"rows": shown, "next": found[SHOWN - 1].pk if len(found) > SHOWN else None}


def _page_of_thing(row: ImportRow) -> str:
    """Return the page of what a row made; empty if it made nothing."""
    return reverse(f"admin:{PAGES[row.type]}_change", args=[row.node]) if row.node else ""
