"""ETag and If-Match: nobody overwrites what they have not seen."""

from typing import Any

from rest_framework.request import Request

from config.lib.errors import PreconditionFailed


def etag_of(thing: Any) -> str:
    """Return the strong entity tag of a row: its id and the moment of its last change.

    Source: RFC 9110 section 8.8.3.
    """
    moment = int(thing.updated_at.timestamp() * 1_000_000)
    return f'"{str(thing.pk).replace("-", "")[-12:]}-{moment:x}"'


def _tags(header: str) -> set[str]:
    return {tag.strip() for tag in header.split(",")}


def check_if_match(request: Request, thing: Any) -> None:
    """Refuse a write whose If-Match names another version.

    Raises: PreconditionFailed, with the tag as it is now. Source: RFC 9110 section 13.1.1.
    """
    header = request.headers.get("If-Match", "")
    current = etag_of(thing)
    if header and not _tags(header) & {"*", current}:
        raise PreconditionFailed(etag=current)


def is_unchanged(request: Request, thing: Any) -> bool:
    """Say whether If-None-Match of a read names the version that stands now."""
    header = request.headers.get("If-None-Match", "")
    return bool(header) and etag_of(thing) in {tag.removeprefix("W/") for tag in _tags(header)}
