"""Registers the app with Django and connects its receivers."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """With whom the platform speaks."""

    name = "integrations"
