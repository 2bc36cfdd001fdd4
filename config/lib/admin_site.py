"""The admin site under Atrium's name, reached through the platform's one login page."""

from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse


class AtriumAdminSite(admin.AdminSite):
    """Administration for staff."""

    site_header = "Atrium"
    site_title = "Atrium administration"
    index_title = "Administration"
    site_url = "/api/v1/docs/"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Send people to the login page, which counts tries; tell others that this is for staff."""
        if request.user.is_authenticated and not self.has_permission(request):
            return self._refuse(request)
        target = request.GET.get("next", reverse("admin:index"))
        return redirect_to_login(target)

    def _refuse(self, request: HttpRequest) -> HttpResponse:
        return render(request, "atrium/staff_only.html", status=HTTPStatus.FORBIDDEN)
