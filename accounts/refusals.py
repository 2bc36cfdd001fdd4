"""The page for those who try too often."""

import math
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

MINUTE_S = 60


def too_many_tries(request: HttpRequest, *, wait_s: int) -> HttpResponse:
    """Return a refusal that says when to come back."""
    context = {"wait_s": wait_s, "minutes": math.ceil(wait_s / MINUTE_S)}
    status = HTTPStatus.TOO_MANY_REQUESTS
    response = render(request, "accounts/too_many.html", context, status=status)
    response["Retry-After"] = str(wait_s)
    return response
