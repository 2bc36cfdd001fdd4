"""Bodies that come packed: ``Content-Encoding: gzip``, unpacked within the size limit."""

import zlib
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from config.lib.parsers import read_body

# zlib's word for "with a gzip header".
GZIP = 31


def read_unpacked(stream: Any) -> bytes:
    """Return the body as it was before it was packed; most come unpacked.

    Raises: RequestDataTooBig, if it is larger than a body may be, before more of it is unpacked;
    ParseError, if it is broken; UnsupportedMediaType, for any other way of packing.
    Source: RFC 9110 sections 8.4 and 15.5.16.
    """
    body = read_body(stream)
    coding = _coding_of(stream)
    if coding in {"", "identity"}:
        return body
    if coding not in {"gzip", "x-gzip"}:
        raise UnsupportedMediaType(coding, detail="Send the body as it is, or packed by gzip.")
    return _unpack(body, limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _coding_of(stream: Any) -> str:
    request = getattr(stream, "_request", stream)
    return str(getattr(request, "META", {}).get("HTTP_CONTENT_ENCODING", "")).strip().lower()


def _unpack(packed: bytes, *, limit: int) -> bytes:
    """Return the text of all members of the file (RFC 1952 section 2.2), within the limit."""
    text = b""
    while packed:
        member = zlib.decompressobj(GZIP)
        try:
            text += member.decompress(packed, limit - len(text) + 1)
        except zlib.error as error:
            raise ParseError("The body is not packed by gzip, or is damaged.") from error
        if len(text) > limit:
            raise RequestDataTooBig(f"Unpacked, the body has more than {limit} bytes.")
        if not member.eof:
            raise ParseError("The packed body ends too early.")
        packed = member.unused_data
    return text
