"""Run an import: batch by batch in the order of need, without effect first, then for good.

What is made when it is applied is made by the same code when it is checked, in a transaction that
is taken back; so the check tells what the application will do.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.core.cache import cache
from django.db import connection, transaction

from config.lib.errors import DomainError, InvalidInput
from devices.choices import ImportRowStatus
from devices.models import BulkImport, ImportRow
from devices.services.onboarding.columns import Fault
from devices.services.onboarding.making import Batch, Made, make
from devices.services.onboarding.references import References
from devices.services.onboarding.sheet import SheetRow

BATCH = 500
PROGRESS_KEPT_S = 3_600
Outcome = Made | list[Fault]
# One document carries the outcomes of a whole batch.
STORE = """
UPDATE devices_importrow AS r
SET status = o.status, node = o.node, findings = o.findings, warnings = o.warnings
FROM json_to_recordset(%s::json)
  AS o (id bigint, status text, node uuid, findings jsonb, warnings jsonb)
WHERE r.id = o.id
"""


def run_batch(job: BulkImport, *, waiting: ImportRowStatus) -> dict[int, Outcome]:
    """Make the things of the next rows that wait, and store each outcome with its row.

    Needs an open transaction that holds the import's row. Shape: outcomes by the rows' ids; empty
    when no row waits any more.
    """
    rows = _next_rows(job, waiting=waiting)
    if not rows:
        return {}
    sheet = [SheetRow(row.type, row.values, id=row.pk) for row in rows]
    made = _made_before(job, names=_names(sheet))
    references = References(job.organisation_id, made=made, rows=sheet)
    outcomes = _attempt(Batch(job.organisation_id, sheet, references))
    store_outcomes(outcomes, success=ImportRowStatus.DONE)
    return outcomes


def store_outcomes(outcomes: dict[int, Outcome], *, success: ImportRowStatus) -> None:
    """Write down what became of rows; of a trial, no node and no claim code is kept."""
    is_real = success is ImportRowStatus.DONE
    rows = [
        _as_row(key, outcome, success=success, is_real=is_real) for key, outcome in outcomes.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [orjson.dumps(rows).decode()])
    if is_real:
        _keep_claim_codes(outcomes)


def show_progress(job: BulkImport, done: int) -> None:
    """Say how far a run is whose rows nobody sees before it ends."""
    cache.set(_progress_key(job), done, timeout=PROGRESS_KEPT_S)


def progress_of(job: BulkImport) -> int:
    """Return how many rows have their outcome."""
    return int(cache.get(_progress_key(job), job.done)) if job.is_at_work else job.done


def _progress_key(job: BulkImport) -> str:
    return f"import-progress:{job.pk}:{job.status}"


def _next_rows(job: BulkImport, *, waiting: ImportRowStatus) -> list[ImportRow]:
    """Return the next rows of one phase, all of one type."""
    found = ImportRow.objects.filter(bulk_import=job, status=waiting).order_by("phase", "id")
    rows = list(found[:BATCH])
    return [row for row in rows if row.phase == rows[0].phase]


def _names(rows: Iterable[SheetRow]) -> set[str]:
    return {name for row in rows for name in (row.parent, str(row.values.get("gateway", "")))}


def _made_before(job: BulkImport, *, names: set[str]) -> dict[str, Any]:
    """Return the nodes of the rows that others name by their keys; None for those refused."""
    named = ImportRow.objects.filter(bulk_import=job, key__in=names - {""})
    return dict(named.values_list("key", "node"))


def _attempt(batch: Batch) -> dict[int, Outcome]:
    """Make a batch; if something in it is refused, halve it until that row stands alone."""
    keys = [row.id for row in batch.rows]
    try:
        with transaction.atomic():
            return dict(zip(keys, make(batch), strict=True))
    except (Fault, DomainError) as error:
        if len(keys) == 1:
            told = batch.references.faults(batch.rows[0]) if isinstance(error, Fault) else []
            return {keys[0]: told or _faults_of(error)}
    return _attempt(batch.half(second=False)) | _attempt(batch.half(second=True))


def _faults_of(error: Fault | DomainError) -> list[Fault]:
    """Return a refusal in the words of the file: columns instead of pointers."""
    if isinstance(error, Fault):
        return [error]
    if isinstance(error, InvalidInput):
        return [
            Fault(one.pointer.removeprefix("#/").replace("/", "."), one.code, one.detail)
            for one in error.findings
        ]
    return [Fault("", error.slug, str(error))]


def _as_row(
    key: int, outcome: Outcome, *, success: ImportRowStatus, is_real: bool
) -> dict[str, Any]:
    if isinstance(outcome, Made):
        node = str(outcome.node) if is_real else None
        return {
            "id": key,
            "status": success,
            "node": node,
            "findings": [],
            "warnings": outcome.warnings,
        }
    return {
        "id": key,
        "status": ImportRowStatus.REFUSED,
        "node": None,
        "warnings": [],
        "findings": [fault.as_json() for fault in outcome],
    }


def _keep_claim_codes(outcomes: dict[int, Outcome]) -> None:
    """Seal the claim codes into their rows until they are fetched."""
    codes: Sequence[ImportRow] = [
        ImportRow(pk=key, claim_code=outcome.claim_code)
        for key, outcome in outcomes.items()
        if isinstance(outcome, Made) and outcome.claim_code
    ]
    ImportRow.objects.bulk_update(codes, ["claim_code"], batch_size=BATCH)
