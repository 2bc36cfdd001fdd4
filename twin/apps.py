"""Registers the app with Django."""

from django.apps import AppConfig


class TwinConfig(AppConfig):
    """Where things are."""

    name = "twin"
