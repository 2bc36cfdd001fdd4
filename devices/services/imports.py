"""Bulk imports: hand in a file, try it without effect, apply it, fetch its claim codes once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from config.lib.copying import copy_rows
from config.lib.transient import retried
from devices.choices import ImportMode, ImportRowStatus, ImportStatus
from devices.errors import ImportAtWork, ImportNotChecked, ImportRefused
from devices.models import BulkImport, ImportRow
from devices.services.onboarding.running import (
    Outcome,
    run_batch,
    show_progress,
    store_outcomes,
)
from devices.services.onboarding.sheet import SheetRow

ROW_FIELDS = (
    *("bulk_import", "sheet", "number", "phase", "type", "key", "values"),
    *("status", "findings", "warnings"),
)
# A run that has not moved for so long has lost its worker.
STALLED_AFTER = timedelta(minutes=5)
CODES_KEPT = timedelta(days=7)
OUTRUN = (
    "Some rows that could be applied when the file was checked are refused now ({count}), so "
    "nothing was applied. See the rows; mend the file, or apply row by row."
)


@transaction.atomic
def start_import(
    *, organisation: UUID, file_name: str, mode: str, rows: Sequence[SheetRow]
) -> BulkImport:
    """Take in the rows of a file; a worker checks them then."""
    job = BulkImport.objects.create(
        organisation_id=organisation, file_name=file_name[:200], mode=mode, total=len(rows)
    )
    copy_rows(ImportRow, fields=ROW_FIELDS, rows=(_as_columns(job, row) for row in rows))
    return job


def _as_columns(job: BulkImport, row: SheetRow) -> tuple[Any, ...]:
    status = ImportRowStatus.REFUSED if row.faults else ImportRowStatus.PENDING
    findings = [fault.as_json() for fault in row.faults]
    what = (row.type[:16], row.key, row.values)
    return (job.pk, row.sheet, row.number, row.phase, *what, status.value, findings, [])


def check_import(job_id: UUID) -> None:
    """Try the whole import without effect and write down what would become of each row.

    Does nothing if it is checked already or another worker is at it.
    """
    outcomes: dict[int, Outcome] = {}
    with transaction.atomic():
        job = _take(job_id, status=ImportStatus.CHECKING)
        if job is None:
            return
        _run_whole(job, waiting=ImportRowStatus.PENDING, into=outcomes)
        transaction.set_rollback(True)
    _finish_check(job_id, outcomes)


@transaction.atomic
def _finish_check(job_id: UUID, outcomes: dict[int, Outcome], *, problem: str = "") -> None:
    job = BulkImport.objects.select_for_update().get(pk=job_id)
    store_outcomes(outcomes, success=ImportRowStatus.READY)
    _set(job, status=ImportStatus.CHECKED, done=job.total, problem=problem)


def _run_whole(job: BulkImport, *, waiting: ImportRowStatus, into: dict[int, Outcome]) -> None:
    """Run all batches in the open transaction."""
    while batch := run_batch(job, waiting=waiting):
        into.update(batch)
        show_progress(job, len(into))


@transaction.atomic
def request_application(job: BulkImport, *, mode: str = "") -> BulkImport:
    """Ask for a checked import to be applied; a worker does it then.

    Args: mode, if it shall be another one than the file was handed in with.
    Raises: ImportAtWork; ImportNotChecked, if it was applied before; ImportRefused, if it is all
    or nothing and has refused rows, or no row can be applied.
    """
    job = BulkImport.objects.select_for_update().get(pk=job.pk)
    if job.is_at_work:
        raise ImportAtWork(status=job.status)
    if job.status != ImportStatus.CHECKED:
        raise ImportNotChecked(import_status=job.status)
    refused = ImportRow.objects.filter(bulk_import=job, status=ImportRowStatus.REFUSED).count()
    mode = mode or job.mode
    if refused == job.total or (refused and mode == ImportMode.ALL):
        raise ImportRefused(refused=refused)
    return _set(job, mode=mode, status=ImportStatus.APPLYING, done=refused, problem="")


def apply_import(job_id: UUID) -> None:
    """Apply an import that was asked for; safe to run twice and after a crash at any line."""
    mode = BulkImport.objects.filter(pk=job_id).values_list("mode", flat=True).first()
    if mode == ImportMode.ALL:
        retried(lambda: _apply_whole(job_id))
    elif mode == ImportMode.ROWS:
        while retried(lambda: _apply_batch(job_id)):
            pass


def _apply_whole(job_id: UUID) -> None:
    """Apply everything in one transaction, or nothing if a row is refused now."""
    outcomes: dict[int, Outcome] = {}
    with transaction.atomic():
        job = _take(job_id, status=ImportStatus.APPLYING)
        if job is None:
            return
        _run_whole(job, waiting=ImportRowStatus.READY, into=outcomes)
        refused = sum(isinstance(outcome, list) for outcome in outcomes.values())
        if not refused:
            _finish(job)
            return
        transaction.set_rollback(True)
    _finish_check(job_id, outcomes, problem=OUTRUN.format(count=refused))


@transaction.atomic
def _apply_batch(job_id: UUID) -> bool:
    """Apply the next rows and say whether there may be more."""
    job = _take(job_id, status=ImportStatus.APPLYING)
    if job is None:
        return False
    outcomes = run_batch(job, waiting=ImportRowStatus.READY)
    if not outcomes:
        _finish(job)
        return False
    _set(job, done=job.done + len(outcomes))
    return True


def _take(job_id: UUID, *, status: ImportStatus) -> BulkImport | None:
    """Lock an import that waits in that state; None if it does not, or somebody is at it."""
    waiting = BulkImport.objects.filter(pk=job_id, status=status)
    return waiting.select_for_update(skip_locked=True).first()


def _set(job: BulkImport, **changes: Any) -> BulkImport:
    for name, value in changes.items():
        setattr(job, name, value)
    job.save(update_fields=[*changes, "updated_at"])
    return job


def _finish(job: BulkImport) -> None:
    _set(job, status=ImportStatus.APPLIED, done=job.total, finished_at=timezone.now())


@transaction.atomic
def fetch_claim_codes(job: BulkImport) -> list[ImportRow]:
    """Return the rows that have claim codes, for the last time: the codes are forgotten."""
    rows = list(_with_codes(ImportRow.objects.filter(bulk_import=job)).order_by("pk"))
    ImportRow.objects.filter(pk__in=[row.pk for row in rows]).update(claim_code=None)
    return rows


def _with_codes(rows: QuerySet[ImportRow]) -> QuerySet[ImportRow]:
    return rows.filter(claim_code__isnull=False).select_for_update()


@transaction.atomic
def delete_import(job: BulkImport) -> None:
    """Forget an import and its rows; what it made stays.

    Raises: ImportAtWork, while a worker has it.
    """
    job = BulkImport.objects.select_for_update().get(pk=job.pk)
    if job.is_at_work:
        raise ImportAtWork(status=job.status)
    job.delete()


def stalled_imports() -> list[BulkImport]:
    """Return the imports whose worker seems to have died."""
    at_work = [ImportStatus.CHECKING, ImportStatus.APPLYING]
    before = timezone.now() - STALLED_AFTER
    return list(BulkImport.objects.filter(status__in=at_work, updated_at__lt=before))


def forget_unfetched_codes() -> None:
    """Forget claim codes that nobody came for."""
    old = timezone.now() - CODES_KEPT
    found = ImportRow.objects.filter(bulk_import__finished_at__lt=old, claim_code__isnull=False)
    found.update(claim_code=None)


def run_import(job_id: UUID) -> None:
    """Do what the import waits for; nothing, if it waits for nothing."""
    status = BulkImport.objects.filter(pk=job_id).values_list("status", flat=True).first()
    if status == ImportStatus.CHECKING:
        retried(lambda: check_import(job_id))
    elif status == ImportStatus.APPLYING:
        apply_import(job_id)
