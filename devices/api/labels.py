"""Labels as a page to print: serial, claim code, and both as a QR code."""

from collections.abc import Iterable
from http import HTTPStatus

import orjson
import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from devices.services.assets import Declared


def labels_page(request: HttpRequest, declared: Iterable[Declared]) -> HttpResponse:
    """Return a page of labels; what the QR code says is the body of an activation or a claim."""
    labels = [
        {"asset": asset, "claim_code": code, "qr": _qr(asset.serial, code)}
        for asset, code in declared
    ]
    answer = render(request, "devices/labels.html", {"labels": labels}, status=HTTPStatus.CREATED)
    answer["Cache-Control"] = "no-store"
    return answer


def _qr(serial: str, claim_code: str) -> str:
    """Return the QR code as SVG, without styles, which the content policy would drop."""
    text = orjson.dumps({"serial": serial, "claim_code": claim_code}).decode()
    drawn: str = segno.make(text, error="m", micro=False).svg_inline(omitsize=True, border=2)
    return mark_safe(drawn)  # noqa: S308 (segno draws it: paths, nothing of the text)
