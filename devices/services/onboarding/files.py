"""Files of an import, in and out: CSV, XLSX, JSON; and the templates that people fill in."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import openpyxl
import orjson
from openpyxl.comments import Comment
from openpyxl.styles import Font

from devices.errors import FileNotReadable
from devices.services.onboarding.columns import COLUMNS, FAMILIES, TYPES, is_known
from devices.services.onboarding.sheet import RawRow

MAX_ROWS = 10_000
# A workbook unpacks to many times its size; one that unpacks to more is an attack.
MAX_UNPACKED = 200 * 1024 * 1024
MEDIA_TYPES: Final = {
    "csv": "text/csv",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def read_file(name: str, content: bytes) -> list[RawRow]:
    """Return the rows of a file: where each stood, and what it says by column.

    Raises: FileNotReadable, also for columns that no type of row has.
    """
    reader = READERS.get(name.rpartition(".")[2].lower())
    if reader is None:
        raise FileNotReadable(reason=f"The name must end with one of: .{', .'.join(READERS)}.")
    return _at_most(reader(content))


def read_objects(rows: Sequence[Mapping[str, Any]]) -> list[RawRow]:
    """Return rows that came as JSON objects; raises as `read_file`."""
    return _at_most(_read_objects(rows))


def _at_most(found: Iterator[RawRow]) -> list[RawRow]:
    rows: list[RawRow] = []
    for row in found:
        rows.append(row)
        if len(rows) > MAX_ROWS:
            raise FileNotReadable(reason=f"The file has more than {MAX_ROWS} rows. Part it.")
    if not rows:
        raise FileNotReadable(reason="The file has no rows.")
    return rows


def _check_header(header: Sequence[str]) -> None:
    named = [name for name in header if name]
    if unknown := sorted({name for name in named if not is_known(name)}):
        advice = "The templates of the files name all there are."
        raise FileNotReadable(reason=f"There are no such columns: {', '.join(unknown)}. {advice}")
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise FileNotReadable(reason=f"These columns come twice: {', '.join(twice)}.")


def _read_csv(content: bytes) -> Iterator[RawRow]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileNotReadable(reason="The file is not UTF-8. Save it as UTF-8.") from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        _check_header(["type", *header] if "type" not in header else header)
        for cells in lines:
            if any(cell.strip() for cell in cells):
                yield RawRow("", lines.line_num, dict(zip(header, cells, strict=False)))
    except csv.Error as error:
        raise FileNotReadable(reason=f"Line {lines.line_num}: {error}.") from error


def _read_json(content: bytes) -> Iterator[RawRow]:
    try:
        rows = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise FileNotReadable(reason=f"The file is not JSON: {error}.") from error
    rows = rows.get("rows") if isinstance(rows, dict) else rows
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FileNotReadable(reason='Give a list of objects, or {"rows": [...]}.')
    yield from _read_objects(rows)


def _read_objects(rows: Sequence[Mapping[str, Any]]) -> Iterator[RawRow]:
    _check_header(sorted({str(name) for row in rows for name in row} - set(_family_names())))
    for number, row in enumerate(rows, start=1):
        yield RawRow("", number, row)


def _family_names() -> set[str]:
    return {name for families in FAMILIES.values() for name in families}


def _read_xlsx(content: bytes) -> Iterator[RawRow]:
    """Yield the rows of all sheets; one that is named after a type needs no type column."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                raise FileNotReadable(reason="The workbook is too large. Part it.")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise FileNotReadable(reason="The file is not an XLSX workbook.") from error
    for sheet in book.worksheets:
        yield from _read_sheet(sheet)


def _read_sheet(sheet: Any) -> Iterator[RawRow]:
    kind = sheet.title.strip().lower().removesuffix("s")
    lines = sheet.iter_rows(values_only=True)
    header = [str(cell or "").strip() for cell in next(lines, ())]
    if kind not in TYPES and "type" not in header:
        return  # A sheet of notes.
    _check_header(header)
    preset = {"type": kind} if kind in TYPES else {}
    for number, cells in enumerate(lines, start=2):
        row = {name: cell for name, cell in zip(header, cells, strict=False) if name}
        if any(cell not in (None, "") for cell in row.values()):
            yield RawRow(sheet.title, number, preset | row)


READERS: Final[Mapping[str, Callable[[bytes], Iterator[RawRow]]]] = {
    "csv": _read_csv,
    "json": _read_json,
    "xlsx": _read_xlsx,
}


def example_rows() -> list[dict[str, Any]]:
    """Return a row of each type, as people would fill it in."""
    rows = []
    for kind, columns in COLUMNS.items():
        row = {name: column.example for name, column in columns.items()}
        for family, (_, example) in FAMILIES.get(kind, {}).items():
            row |= {f"{family}.{name}": value for name, value in example.items()}
        rows.append({"type": kind} | {name: value for name, value in row.items() if value != ""})
    return rows


def _write_csv() -> bytes:
    rows = example_rows()
    header = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _write_json() -> bytes:
    return json.dumps({"rows": example_rows()}, indent=2, ensure_ascii=False).encode()


def _write_xlsx() -> bytes:
    """Write a sheet for each type; each column's meaning is a note on its heading."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for row in example_rows():
        kind = row.pop("type")
        sheet = book.create_sheet(f"{kind}s")
        sheet.append(list(row))
        sheet.append([str(value) if isinstance(value, int) else value for value in row.values()])
        sheet.freeze_panes = "A2"
        for cell in sheet[1]:
            _explain(cell, kind=kind)
            sheet.column_dimensions[cell.column_letter].width = 24
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _explain(cell: Any, *, kind: str) -> None:
    family = str(cell.value).partition(".")[0]
    column = COLUMNS[kind].get(cell.value)
    meaning = column.help if column else FAMILIES[kind][family][0]
    cell.comment = Comment(f"{meaning}.", "Atrium")
    cell.font = Font(bold=bool(column and column.is_required))


WRITERS: Final[Mapping[str, Callable[[], bytes]]] = {
    "csv": _write_csv,
    "json": _write_json,
    "xlsx": _write_xlsx,
}
