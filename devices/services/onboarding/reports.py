"""What became of the rows of an import, as CSV for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from devices.models import BulkImport, ImportRow

FORMULA = ("=", "+", "-", "@", "\t", "\r")
REPORT = ("sheet", "number", "type", "key", "status", "node", "column", "code", "detail")
CODES = ("sheet", "number", "key", "serial", "claim_code")


def report_lines(job: BulkImport) -> Iterator[bytes]:
    """Yield the outcome of all rows in the order of the file, a line for each finding."""
    yield _line(REPORT)
    for row in ImportRow.objects.filter(bulk_import=job).order_by("pk").iterator(2_000):
        what = (row.sheet, row.number, row.type, row.key, row.status, row.node or "")
        for finding in row.findings + row.warnings or [{}]:
            yield _line((*what, *(finding.get(name, "") for name in REPORT[6:])))


def claim_code_lines(rows: Iterable[ImportRow]) -> Iterator[bytes]:
    """Yield the claim codes of rows that were fetched."""
    yield _line(CODES)
    for row in rows:
        serial = row.values.get("serial", "")
        yield _line((row.sheet, row.number, row.key, serial, row.claim_code))


def _line(cells: tuple[Any, ...]) -> bytes:
    """Return a line of CSV whose cells no spreadsheet takes for a formula."""
    out = io.StringIO()
    texts = map(str, cells)
    safe = (f"'{text}" if text.startswith(FORMULA) else text for text in texts)
    csv.writer(out).writerow(safe)
    return out.getvalue().encode()
