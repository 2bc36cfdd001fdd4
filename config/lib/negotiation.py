"""In which format to answer: as ``?format=`` or ``Accept`` asks."""

from collections.abc import Iterable

from rest_framework.exceptions import ErrorDetail
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

from config.lib.problems import InvalidParameters

PARAMETER = "format"


class FormatNegotiation(DefaultContentNegotiation):
    """Names the formats that there are to who asks for another one."""

    def filter_renderers(
        self, renderers: Iterable[BaseRenderer], format: str
    ) -> list[BaseRenderer]:
        """Return the renderers of that format.

        Raises: InvalidParameters, if there is none.
        """
        known = {renderer.format or "": renderer for renderer in renderers}
        if format not in known:
            text = f"There is no such format here. Known: {', '.join(sorted(known))}."
            raise InvalidParameters({PARAMETER: [ErrorDetail(text, code="invalid_choice")]})
        return [known[format]]
