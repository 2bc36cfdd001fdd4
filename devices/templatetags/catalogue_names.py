"""The names of the shipped catalogue in the language of the page."""

from django import template

from devices.models import DeviceType
from devices.pages import words

register = template.Library()


@register.filter
def named(name: str) -> str:
    """Return the name of a point or action in the language of the page."""
    return words.named(name)


@register.filter
def kind_named(kind: DeviceType) -> str:
    """Return the name of a kind of device in the language of the page."""
    return words.kind_named(kind)
