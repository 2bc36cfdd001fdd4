"""The addresses of pages about devices."""

from django.urls import path

from devices.pages import catalogue
from devices.pages.actions import CommandsPage
from devices.pages.device import DevicePage
from devices.pages.operations import FleetPage, FleetsPage
from devices.pages.series import SeriesPage

urlpatterns = [
    path("catalogue/", catalogue.catalogue_page, name="catalogue"),
    path("catalogue/<slug:key>/", catalogue.type_page, name="catalogue-type"),
    path("catalogue/<slug:key>/type.json", catalogue.type_json, name="catalogue-json"),
    path("catalogue/<slug:key>/type.yaml", catalogue.type_yaml, name="catalogue-yaml"),
    path("catalogue/<slug:key>/thing.json", catalogue.type_thing, name="catalogue-thing"),
    path("operations/", FleetsPage.as_view(), name="operations"),
    path("operations/fleets/<uuid:id>/", FleetPage.as_view(), name="operations-fleet"),
    path("operations/devices/<uuid:id>/", DevicePage.as_view(), name="operations-device"),
    path(
        "operations/devices/<uuid:id>/commands/", CommandsPage.as_view(), name="operations-commands"
    ),
    path("operations/devices/<uuid:id>/series/", SeriesPage.as_view(), name="operations-series"),
]
