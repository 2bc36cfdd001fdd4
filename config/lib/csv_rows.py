"""Tables in CSV with a header, as people and spreadsheets send them."""

import csv
import io
from collections.abc import Collection, Iterator

from rest_framework.exceptions import ParseError


def read_rows(
    body: bytes, *, columns: Collection[str], needed: Collection[str]
) -> Iterator[dict[str, str] | None]:
    """Yield the rows by the names of their columns; one with a cell too many or too few is None.

    Raises: ParseError, for what is no CSV in UTF-8, or a header that names other columns.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError("The CSV is not UTF-8.") from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if not set(needed) <= set(rows.fieldnames or ()) <= set(columns):
            raise ParseError(f"The first line names the columns: {', '.join(columns)}.")
        for row in rows:
            # Under None stand cells beyond the header, and None stands for those that are missing.
            yield None if None in row or None in row.values() else row
    except csv.Error as error:
        raise ParseError(f"Line {rows.line_num} is no CSV: {error}") from error
