"""Every address of the platform."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config.lib import probes, problems
from config.lib.docs import DocsView, SchemaView
from config.lib.problem_pages import problem_page

API: list[URLPattern | URLResolver] = [
    path("", include("accounts.api.urls")),
    path("", include("twin.api.urls")),
    path("", include("devices.api.urls")),
    path("", include("integrations.api.urls")),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(url_name="schema"), name="docs"),
]
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="docs")),
    path("", include("integrations.page_urls")),
    path("api/v1/", include(API)),
    path("oauth/", include("accounts.oauth_urls")),
    path("", include("accounts.page_urls")),
    path("", include("devices.page_urls")),
    path("admin/", admin.site.urls),
    path("schemas/", include("twin.schema_urls")),
    path("problems/<slug:slug>", problem_page, name="problem"),
    path("healthz", probes.healthz),
    path("readyz", probes.readyz),
    path("metrics", probes.metrics),
]
handler400 = problems.bad_request
handler404 = problems.not_found
handler500 = problems.server_error
