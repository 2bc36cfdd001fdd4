"""JSON out: what DRF writes, ten times as fast."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework import renderers
from rest_framework.utils.encoders import JSONEncoder

OTHER_KINDS = JSONEncoder().default


class JSONRenderer(renderers.JSONRenderer):
    """Times in UTC end in ``Z``; what else JSON does not know is written as DRF's encoder does."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the value as JSON; the slow way is for numbers beyond 64 bits."""
        if data is None:
            return b""
        try:
            return orjson.dumps(data, default=OTHER_KINDS, option=orjson.OPT_UTC_Z)
        except orjson.JSONEncodeError:
            return bytes(super().render(data, accepted_media_type, renderer_context))
