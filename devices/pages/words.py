"""The words of the catalogue that its pages say in every language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext

from devices.choices import CommandStatus, Nature, PointKind, ValueType
from devices.models import DeviceType

CATEGORIES: dict[str, str | Promise] = {
    "access-reader": _("Access reader"),
    "air-conditioner": _("Air conditioner"),
    "air-quality-sensor": _("Air quality sensor"),
    "battery": _("Battery storage"),
    "boiler": _("Boiler"),
    "button": _("Wall button"),
    "carbon-monoxide-detector": _("Carbon monoxide detector"),
    "charging-station": _("Charging station"),
    "climate-sensor": _("Climate sensor"),
    "compressed-air-meter": _("Compressed air meter"),
    "contact-sensor": _("Door and window contact"),
    "cooling-meter": _("Cold meter"),
    "electricity-meter": _("Electricity meter"),
    "floor-heating": _("Floor heating"),
    "garage-door": _("Garage door"),
    "gas-meter": _("Gas meter"),
    "heat-cost-allocator": _("Heat cost allocator"),
    "heat-meter": _("Heat meter"),
    "heat-pump": _("Heat pump"),
    "intercom": _("Intercom"),
    "leak-detector": _("Leak detector"),
    "light": _("Light"),
    "lock": _("Lock"),
    "meter": _("Meter"),
    "motion-sensor": _("Motion sensor"),
    "other": _("Other"),
    "plug": _("Plug"),
    "presence-sensor": _("Presence sensor"),
    "pump": _("Pump"),
    "pv-inverter": _("PV inverter"),
    "radiator-valve": _("Radiator valve"),
    "shutter": _("Shutter"),
    "smoke-detector": _("Smoke detector"),
    "temperature-sensor": _("Temperature sensor"),
    "thermostat": _("Thermostat"),
    "ventilation": _("Ventilation"),
    "virtual-meter": _("Virtual meter"),
    "water-heater": _("Water heater"),
    "water-meter": _("Water meter"),
    "water-valve": _("Water valve"),
    "weather-station": _("Weather station"),
}
AREAS: tuple[tuple[str | Promise, frozenset[str]], ...] = (
    (
        _("Meters"),
        frozenset(
            {
                *("electricity-meter", "water-meter", "gas-meter", "heat-meter", "cooling-meter"),
                *("heat-cost-allocator", "compressed-air-meter", "virtual-meter", "meter"),
            }
        ),
    ),
    (_("Making, storing and charging"), frozenset({"pv-inverter", "battery", "charging-station"})),
    (
        _("Heating and hot water"),
        frozenset(
            {
                *("thermostat", "radiator-valve", "boiler", "heat-pump", "floor-heating"),
                *("water-heater", "pump"),
            }
        ),
    ),
    (
        _("Air and weather"),
        frozenset(
            {
                *("climate-sensor", "air-quality-sensor", "temperature-sensor", "ventilation"),
                *("air-conditioner", "weather-station"),
            }
        ),
    ),
    (
        _("Safety and presence"),
        frozenset(
            {
                *("smoke-detector", "carbon-monoxide-detector", "leak-detector", "water-valve"),
                *("motion-sensor", "presence-sensor", "contact-sensor"),
            }
        ),
    ),
    (_("Doors"), frozenset({"lock", "intercom", "garage-door", "access-reader"})),
    (_("Light and comfort"), frozenset({"light", "plug", "shutter", "button"})),
)
REST = _("More")
KINDS: dict[str, tuple[str | Promise, str | Promise]] = {
    PointKind.MEASUREMENT: (_("Measurements"), _("What the device measures.")),
    PointKind.STATUS: (_("Status"), _("What the device says about itself.")),
    PointKind.CONFIGURATION: (_("Settings"), _("What can be set, and what the device took.")),
}
VALUES: dict[str, str | Promise] = {
    ValueType.NUMBER: _("Number"),
    ValueType.BOOLEAN: _("Yes or no"),
    ValueType.ENUM: _("One of a list"),
    ValueType.TEXT: _("Text"),
    Nature.COUNTER: _("Counter"),
    "yes": _("yes"),
    "no": _("no"),
    "integer": _("Whole number"),
    "string": _("Text"),
    "object": _("Object"),
    "array": _("List"),
}
COMMANDS: dict[str, str | Promise] = {
    CommandStatus.AWAITING_APPROVAL: _("waits for a second person"),
    CommandStatus.QUEUED: _("queued"),
    CommandStatus.SENT: _("sent"),
    CommandStatus.ACKNOWLEDGED: _("acknowledged"),
    CommandStatus.SUCCEEDED: _("succeeded"),
    CommandStatus.FAILED: _("failed"),
    CommandStatus.EXPIRED: _("expired"),
    CommandStatus.CANCELLED: _("cancelled"),
}


def named(name: str) -> str:
    """Return the name of a shipped point or action in the language of the page; another one as it
    was given.
    """
    return pgettext("catalogue", name)


def kind_named(kind: DeviceType) -> str:
    """Return the name of a kind of device: of a shipped one in the language of the page, behind its
    maker; of another one as it was given.
    """
    if kind.organisation_id:
        return kind.name
    is_made = kind.name == f"{kind.manufacturer} {kind.model}"
    return f"{kind.manufacturer} {named(kind.model)}" if is_made else named(kind.name)


def category_name(key: str) -> str:
    """Return a category in the language of the page; an unknown one as its words."""
    return str(CATEGORIES.get(key) or key.replace("-", " ").capitalize())


def duration(seconds: int) -> str:
    """Return a length of time in the largest unit that says it exactly."""
    if seconds % 3_600 == 0:
        return ngettext("%(n)d hour", "%(n)d hours", seconds // 3_600) % {"n": seconds // 3_600}
    if seconds % 60 == 0:
        return ngettext("%(n)d minute", "%(n)d minutes", seconds // 60) % {"n": seconds // 60}
    return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}


def area_of(category: str) -> tuple[int, str]:
    """Return the part of the catalogue that a category stands in: its place, and its name."""
    for place, (name, categories) in enumerate(AREAS):
        if category in categories:
            return place, str(name)
    return len(AREAS), str(REST)
