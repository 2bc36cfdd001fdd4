"""Exports as files: CSV, or Parquet where the extra of that name is there; written as they go."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from config.lib import extras
from config.lib.times import format_time
from devices.errors import FormatNotInstalled
from devices.series.exports import Line

CSV, PARQUET = "csv", "parquet"
MEDIA_TYPES = {CSV: "text/csv; charset=utf-8", PARQUET: "application/vnd.apache.parquet"}
HEADER = ("device", "point", "unit", "aggregate", "time", "value", "coverage", "quality", "flags")
LINES, GROUP = 2_000, 50_000


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _batches(lines: Iterable[Line], size: int) -> Iterator[list[Line]]:
    rest = iter(lines)
    while batch := list(islice(rest, size)):
        yield batch


def as_csv(lines: Iterable[Line]) -> Iterator[bytes]:
    """Yield the lines as CSV, some thousand at a time."""
    yield (",".join(HEADER) + "\r\n").encode()
    for batch in _batches(lines, LINES):
        text = io.StringIO()
        writer = csv.writer(text)
        for one in batch:
            kind = one.point.type
            about = (one.device, kind.key, kind.unit, str(one.aggregate), format_time(one.time))
            writer.writerow((*about, _word(one.value), one.coverage, one.quality, one.flags))
        yield text.getvalue().encode()


class _Sink(io.RawIOBase):
    """Where a writer puts bytes, to be taken out while it goes on."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Keep the bytes."""
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since, and forget it."""
        found = bytes(self._written)
        self._written.clear()
        return found


class ParquetFormat:
    """Parquet by pyarrow: a row group for each 50,000 lines.

    Numbers, and booleans as 1 and 0, are in ``value``; texts and labels of enums in ``text``.
    """

    def __init__(self) -> None:
        """Load the optional package.

        Raises: FormatNotInstalled.
        """
        try:
            self._arrow: Any = extras.load("pyarrow", extra="parquet")
            self._parquet: Any = extras.load("pyarrow.parquet", extra="parquet")
        except extras.ExtraMissing as missing:
            raise FormatNotInstalled(problem=str(missing)) from missing
        words = self._arrow.dictionary(self._arrow.int32(), self._arrow.string())
        self._schema: Any = self._arrow.schema(
            [
                ("device", words),
                ("point", words),
                ("unit", words),
                ("aggregate", words),
                ("time", self._arrow.timestamp("us", tz="UTC")),
                ("value", self._arrow.float64()),
                ("text", self._arrow.string()),
                ("coverage", self._arrow.float64()),
                ("quality", words),
                ("flags", words),
            ]
        )

    def chunks(self, lines: Iterable[Line]) -> Iterator[bytes]:
        """Yield the file, row group by row group."""
        sink = _Sink()
        target = self._arrow.PythonFile(sink, mode="w")
        with self._parquet.ParquetWriter(target, self._schema, compression="zstd") as writer:
            for batch in _batches(lines, GROUP):
                writer.write_table(self._table(batch))
                yield sink.taken()
        yield sink.taken()

    def _table(self, batch: list[Line]) -> Any:
        is_text = [isinstance(one.value, str) for one in batch]
        values = zip(batch, is_text, strict=True)
        columns = [
            [str(one.device) for one in batch],
            [one.point.type.key for one in batch],
            [one.point.type.unit for one in batch],
            [str(one.aggregate) for one in batch],
            [one.time for one in batch],
            [None if text else float(one.value) for one, text in values],
            [one.value if isinstance(one.value, str) else None for one in batch],
            [one.coverage for one in batch],
            [one.quality for one in batch],
            [one.flags for one in batch],
        ]
        arrays = [
            self._arrow.array(column, type=field.type)
            for column, field in zip(columns, self._schema, strict=True)
        ]
        return self._arrow.Table.from_arrays(arrays, schema=self._schema)


def file_of(lines: Iterable[Line], *, form: str) -> Iterator[bytes]:
    """Return the export as a stream of bytes, its beginning worked out already.

    Raises: FormatNotInstalled.
    """
    stream = ParquetFormat().chunks(lines) if form == PARQUET else as_csv(lines)
    return chain([next(stream)], stream)
