"""The catalogue for everybody: a list with search, a page for each kind, and its documents."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from config.lib.units import symbol_of
from config.lib.yaml import YAML
from devices.api.things import MEDIA_TYPE, thing_description
from devices.api.yaml import as_yaml
from devices.models import ActionType, DeviceType, PointType
from devices.pages.published import found_types, published_types
from devices.pages.words import KINDS, VALUES, area_of, category_name, duration, kind_named

MOST_LETTERS = 100
FOR_ALL = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600"}


@dataclass(frozen=True)
class Field:
    """One parameter of an action, in words."""

    name: str
    meaning: str
    is_required: bool


@require_safe
def catalogue_page(request: HttpRequest) -> HttpResponse:
    """List the published kinds of device by category, cut by words and category."""
    words = request.GET.get("q", "").replace("\x00", "")[:MOST_LETTERS].strip()
    chosen = request.GET.get("category", "").replace("\x00", "")[:MOST_LETTERS]
    found = list(found_types(words=words, category=chosen))
    keys = published_types().order_by("category").values_list("category", flat=True).distinct()
    choices = sorted(((category_name(key), key) for key in keys), key=lambda one: one[0].casefold())
    found.sort(key=lambda kind: (area_of(kind.category)[0], kind_named(kind).casefold()))
    shelves = groupby(found, lambda kind: area_of(kind.category)[1])
    groups = [
        (name, [(kind, category_name(kind.category)) for kind in kinds]) for name, kinds in shelves
    ]
    context = {"groups": groups, "count": len(found), "words": words, "chosen": chosen}
    return render(request, "devices/catalogue/list.html", {**context, "categories": choices})


@require_safe
def type_page(request: HttpRequest, key: str) -> HttpResponse:
    """Show one kind of device: its points, its actions, its versions, and where machines read."""
    kind = _kind(key)
    context = {
        "kind": kind,
        "category": category_name(kind.category),
        "silence": duration(kind.offline_after_s),
        "sections": list(_sections(kind.points.all())),
        "actions": [_shown_action(action) for action in kind.actions.all()],
        "versions": kind.versions.order_by("-number").values("number", "created_at"),
    }
    return render(request, "devices/catalogue/type.html", context)


@require_safe
def type_json(request: HttpRequest, key: str) -> HttpResponse:
    """Return the type, or one of its versions by ``?version=``, as JSON."""
    return JsonResponse(_document(request, key), headers=FOR_ALL)


@require_safe
def type_yaml(request: HttpRequest, key: str) -> HttpResponse:
    """Return the type, or one of its versions by ``?version=``, as YAML that an import takes."""
    return HttpResponse(as_yaml(_document(request, key)), YAML, headers=FOR_ALL)


@require_safe
def type_thing(request: HttpRequest, key: str) -> HttpResponse:
    """Return the type as a W3C Thing Description."""
    return JsonResponse(thing_description(_kind(key)), content_type=MEDIA_TYPE, headers=FOR_ALL)


def _kind(key: str) -> DeviceType:
    kinds = published_types().prefetch_related("points", "actions")
    found: DeviceType = get_object_or_404(kinds, key=key)
    return found


def _document(request: HttpRequest, key: str) -> dict[str, Any]:
    asked = request.GET.get("version", "")
    versions = get_object_or_404(published_types(), key=key).versions.order_by("-number")
    if asked:
        is_number = asked.isascii() and asked.isdigit() and len(asked) < 9
        versions = versions.filter(number=asked) if is_number else versions.none()
    version = versions.first()
    if version is None:
        raise Http404
    return {**version.document, "version": version.number}


def _sections(points: Iterable[PointType]) -> Iterator[dict[str, Any]]:
    """Yield the points of each kind, in the order of what matters first."""
    known = list(points)
    for kind, (title, help_text) in KINDS.items():
        shown = [_shown_point(point) for point in known if point.kind == kind]
        if shown:
            yield {"title": title, "help": help_text, "points": shown}


def _shown_point(point: PointType) -> dict[str, Any]:
    is_counter = VALUES.get(point.nature)
    labels = sorted(point.labels.items(), key=lambda one: int(one[0]))
    return {
        "point": point,
        "symbol": symbol_of(point.unit) if point.unit else "",
        "value": is_counter or VALUES.get(point.value_type, point.value_type),
        "labels": labels,
    }


def _shown_action(action: ActionType) -> dict[str, Any]:
    return {
        "action": action,
        "fields": list(_fields(action.parameters)),
        "rules": list(_rules(action.interlocks)),
    }


def _fields(schema: Mapping[str, Any]) -> Iterator[Field]:
    """Yield the parameters of a JSON Schema of an object, in words."""
    required = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        said = one if isinstance(one, Mapping) else {}
        yield Field(name, _meaning(said), name in required)


def _meaning(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    kind = str(schema.get("type", ""))
    parts = [str(VALUES.get(kind, kind))]
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        parts.append(_("from %(low)s to %(high)s") % {"low": low, "high": high})
    elif low is not None:
        parts.append(_("%(low)s or more") % {"low": low})
    elif high is not None:
        parts.append(_("%(high)s at most") % {"high": high})
    return ", ".join([*parts, *filter(None, [str(schema.get("description", ""))])])


def _rules(interlocks: Mapping[str, Any]) -> Iterator[str]:
    """Yield what keeps the device from harm, in words."""
    if seconds := interlocks.get("min_interval_s"):
        text = ngettext(
            "Not again within %(n)d second.", "Not again within %(n)d seconds.", seconds
        )
        yield text % {"n": seconds}
    if seconds := interlocks.get("min_off_s"):
        text = ngettext(
            "Stays off for %(n)d second at least.",
            "Stays off for %(n)d seconds at least.",
            seconds,
        )
        yield text % {"n": seconds}
    if others := interlocks.get("excludes"):
        yield _("Not while %(actions)s is under way.") % {"actions": ", ".join(others)}
    for name, limits in interlocks.get("allowed", {}).items():
        yield f"{name}: {_meaning({'type': 'number', **limits})}"
