"""Registers the app with Django."""

from django.apps import AppConfig


class DevicesConfig(AppConfig):
    """What measures and acts."""

    name = "devices"
