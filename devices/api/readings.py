"""Bodies of readings: JSON, JSON lines and CSV in; columns as JSON or CSV out."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from config.lib.csv_rows import read_rows
from config.lib.errors import InvalidInput
from config.lib.packing import read_unpacked
from config.lib.parsers import JSONParser
from config.lib.renderers import JSONRenderer
from config.lib.times import format_time
from config.lib.units import symbol_of
from devices.errors import BatchTooLarge
from devices.selectors import RawSeries
from devices.services.readings import MAX_BATCH
from devices.services.recording.values import Word

CSV_COLUMNS = ["device", "point", "time", "value", "quality"]


def _bounded(rows: Iterator[Any]) -> list[Any]:
    """Return the rows; what one call does not take is counted line by line and never held.

    Raises: BatchTooLarge.
    """
    found = list(islice(rows, MAX_BATCH))
    if rest := sum(1 for _ in rows):
        raise BatchTooLarge(given=len(found) + rest, limit=MAX_BATCH)
    return found


class ReadingsJSONParser(JSONParser):
    """JSON in which a number that is none costs only the reading that holds it."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Take NaN and infinite numbers, so that they can be refused one by one.

        Raises: InvalidInput, for any other mistake.
        """
        body = read_unpacked(stream)
        try:
            return super().parse(io.BytesIO(body), media_type, parser_context)
        except InvalidInput as error:
            try:
                return json.loads(body)
            except (ValueError, RecursionError):
                raise error from None


class LinesParser(BaseParser):
    """``application/x-ndjson``: one reading a line; a broken line costs itself only."""

    media_type = "application/x-ndjson"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the same as the JSON body would be."""
        lines = io.BytesIO(read_unpacked(stream))
        return {"readings": _bounded(self._line(line) for line in lines if line.strip())}

    @staticmethod
    def _line(line: bytes) -> Any:
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:
            return None


class CSVParser(BaseParser):
    """``text/csv`` with a header: device, point, time, value and perhaps quality."""

    media_type = "text/csv"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the same as the JSON body would be; what a value is, the point decides."""
        body = read_unpacked(stream)
        rows = read_rows(body, columns=CSV_COLUMNS, needed=CSV_COLUMNS[:4])
        return {"readings": _bounded(row and self._reading(row) for row in rows)}

    @staticmethod
    def _reading(row: dict[str, str]) -> dict[str, Any]:
        if not row.get("quality", "x"):
            del row["quality"]
        return {**row, "value": Word(row["value"])}


class CSVRenderer(JSONRenderer):
    """Lets ``text/csv`` be asked for; what it renders itself are problems, which are JSON."""

    media_type = "text/csv"
    format = "csv"


def as_json(series: Sequence[RawSeries], **members: Any) -> Response:
    """Return the series in columns, rendered straight from the rows."""
    columns = [
        {
            "point": one.point.type.key,
            "unit": one.point.type.unit or None,
            "symbol": symbol_of(one.point.type.unit) if one.point.type.unit else None,
            "aggregate": "raw",
            "times": one.times,
            "values": one.values,
            "quality": one.quality,
        }
        for one in series
    ]
    body = {**members, "series": columns}
    return Response(body)


def as_csv(series: Sequence[RawSeries], *, following: str | None) -> HttpResponse:
    """Return the series as lines; where to go on stands in the Link header (RFC 8288)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["point", "unit", "time", "value", "quality"])
    for one in series:
        kind = one.point.type
        for time, value, quality in zip(one.times, one.values, one.quality, strict=True):
            writer.writerow([kind.key, kind.unit, format_time(time), value, quality])
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}
    return HttpResponse(text.getvalue(), "text/csv; charset=utf-8", headers=headers)


def readings_of(body: Any) -> list[Any]:
    """Return the readings of a body.

    Raises: InvalidInput, if it is of another shape.
    """
    if not isinstance(body, dict):
        raise InvalidInput([("#", "invalid", 'Send an object: {"readings": []}.')])
    findings = [
        (f"#/{name}", "unknown", "There is no such field.") for name in body if name != "readings"
    ]
    if not isinstance(body.get("readings"), list):
        findings.append(("#/readings", "required", "Send a list of readings."))
    if findings:
        raise InvalidInput(findings)
    return list(body["readings"])
