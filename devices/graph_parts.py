"""What devices adds to a site's graph: devices, gateways, their assets and, for exports, points."""

from pathlib import Path
from typing import Any

from devices.models import Asset, Device, Gateway, Point
from twin.choices import NodeKind
from twin.ontology.mapping import read_table, register_kinds
from twin.selectors.graphs import (
    DECLARED_AS,
    HAS_POINT,
    PLACED_IN,
    POINT,
    VIA,
    Contribution,
    GraphEdge,
    GraphNode,
    Question,
    register_contributor,
)

COLUMNS = ("pk", "name", "space", "asset")
OF_TYPE = ("type__category", "type__ontology", "gateway")


def register() -> None:
    """Tell twin of the nodes of devices, and what they are called elsewhere."""
    table = read_table(Path(__file__).with_name("ontology.yaml"))
    register_kinds(NodeKind.DEVICE, table["categories"])
    register_kinds(POINT, table["points"])
    register_contributor(_things)


def _things(question: Question) -> Contribution:
    """Add gateways and devices with their places; three queries, and one more for points."""
    if not question.principal.has_scope("devices:read"):
        return
    assets: list[Any] = []
    at_site = {"site": question.site}
    gateways = Gateway.objects.visible_to(question.principal).filter(**at_site).order_by("pk")
    for key, name, space, asset in gateways.values_list(*COLUMNS):
        assets.append(asset)
        yield GraphNode(key, NodeKind.GATEWAY, "", name)
        yield GraphEdge(PLACED_IN, key, space or question.site.pk)
        yield GraphEdge(DECLARED_AS, key, asset)
    devices = Device.objects.visible_to(question.principal).filter(**at_site)
    rows = devices.order_by("pk").values_list(*COLUMNS, *OF_TYPE)
    for key, name, space, asset, category, ontology, gateway in rows:
        assets.append(asset)
        yield GraphNode(key, NodeKind.DEVICE, category, name, _brick(ontology))
        yield GraphEdge(PLACED_IN, key, space or question.site.pk)
        yield GraphEdge(DECLARED_AS, key, asset)
        if gateway:
            yield GraphEdge(VIA, key, gateway)
    yield from _assets(question, assets)
    if question.with_points:
        yield from _points(devices)


def _assets(question: Question, keys: list[Any]) -> Contribution:
    if not question.principal.has_scope("fleets:read"):
        return
    visible = Asset.objects.visible_to(question.principal).filter(node__id__any=keys)
    rows = visible.order_by("pk").values_list("pk", "role", "manufacturer", "model", "serial")
    for key, role, maker, model, serial in rows:
        details = {"manufacturer": maker, "model": model, "serial": serial}
        yield GraphNode(key, NodeKind.ASSET, role, f"{maker} {serial}", (), details)


def _points(devices: Any) -> Contribution:
    points = Point.objects.filter(device__in=devices.values("pk")).order_by("pk")
    rows = points.values_list(
        "pk", "device", "type__key", "type__name", "type__ontology", "type__unit"
    )
    for key, device, kind, name, ontology, unit in rows:
        label = f"point:{key}"
        yield GraphNode(label, POINT, kind, name, _brick(ontology), {"unit": unit})
        yield GraphEdge(HAS_POINT, device, label)


def _brick(ontology: str) -> tuple[str, ...]:
    """Return the class that the catalogue names: Brick's, unless it says another prefix."""
    if not ontology:
        return ()
    return (ontology if ":" in ontology else f"brick:{ontology}",)
