"""A kind of device as a W3C Thing Description, which any Web of Things client reads.

It describes every device of the kind at once: ``{device}`` in its addresses is the id of one.
Source: Web of Things (WoT) Thing Description 1.1, sections 5.3 and 5.4.
"""

from typing import Any, Final

from django.conf import settings

from devices.choices import ValueType
from devices.models import ActionType, DeviceType, PointType

MEDIA_TYPE: Final = "application/td+json"
CONTEXT: Final = "https://www.w3.org/2022/wot/td/v1.1"
SCHEMAS: Final = {ValueType.NUMBER.value: "number", ValueType.BOOLEAN.value: "boolean"}
STATE: Final = "devices/{device}/state/"
SCOPES: Final = ["devices:read", "devices:write", "devices:control"]


def thing_description(kind: DeviceType) -> dict[str, Any]:
    """Return the description; points are properties, actions are actions.

    Shape: a state answers with all points; ``atrium:pointer`` says where in a body the value of a
    property stands (RFC 6901).
    """
    known = {"description": kind.description, "@type": f"brick:{kind.ontology}"}
    shown = {name: value for name, value in known.items() if value not in {"", "brick:"}}
    return {
        "@context": [
            CONTEXT,
            {"atrium": _url("/docs#"), "brick": "https://brickschema.org/schema/Brick#"},
        ],
        "id": f"urn:uuid:{kind.pk}",
        "title": kind.name,
        **shown,
        "version": {"instance": str(kind.version)},
        "modified": kind.updated_at.isoformat().replace("+00:00", "Z"),
        "base": _url("/api/v1/"),
        "securityDefinitions": {"oauth2": _security()},
        "security": ["oauth2"],
        "uriVariables": {"device": {"type": "string", "description": "The id of a device."}},
        "properties": {point.key: _property(point) for point in kind.points.all()},
        "actions": {action.key: _action(action) for action in kind.actions.all()},
    }


def _url(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


def _security() -> dict[str, Any]:
    return {
        "scheme": "oauth2",
        "flow": "code",
        "authorization": _url("/oauth/authorize/"),
        "token": _url("/oauth/token/"),
        "scopes": SCOPES,
    }


def _property(point: PointType) -> dict[str, Any]:
    """Return a point as a property: a data schema with where it is read, and perhaps written."""
    forms = [_form("readproperty", href=STATE, method="GET", scope="devices:read")]
    forms[0]["atrium:pointer"] = f"/points/{point.key}/value"
    if point.writable:
        forms.append(_form("writeproperty", href=STATE, method="PATCH", scope="devices:write"))
        forms[1]["atrium:pointer"] = f"/points/{point.key}"
    known = {
        "unit": point.unit,
        "enum": list(point.labels.values()),
        "@type": f"brick:{point.ontology}" if point.ontology else "",
        "atrium:obis": point.obis,
    }
    return {
        "title": point.name,
        "type": SCHEMAS.get(point.value_type, "string"),
        "readOnly": not point.writable,
        "observable": False,
        **{name: value for name, value in known.items() if value},
        "atrium:kind": point.kind,
        "atrium:nature": point.nature,
        "forms": forms,
    }


def _action(action: ActionType) -> dict[str, Any]:
    href = "devices/{device}/commands/"
    form = _form("invokeaction", href=href, method="POST", scope="devices:control")
    schemas = {"input": action.parameters, "output": action.result}
    return {
        "title": action.name,
        **{name: schema for name, schema in schemas.items() if schema},
        "synchronous": False,
        "forms": [{**form, "atrium:pointer": "/parameters", "atrium:action": action.key}],
    }


def _form(op: str, *, href: str, method: str, scope: str) -> dict[str, Any]:
    return {
        "op": op,
        "href": href,
        "contentType": "application/json",
        "htv:methodName": method,
        "scopes": [scope],
    }
