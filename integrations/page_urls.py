"""The pages of integrations."""

from django.urls import URLPattern, path

from integrations.pages import CallbackPage, StartPage

urlpatterns: list[URLPattern] = [
    path("smartme/authorize/<uuid:id>/", StartPage.as_view(), name="smartme-authorize"),
    path("api/v1/smartme/connections/callback/", CallbackPage.as_view(), name="smartme-callback"),
]
