"""The bodies of a site's graph and of the report on its ontologies."""

from typing import Any

from rest_framework import serializers

from twin.api.plan_serializers import PlanOut
from twin.choices import NodeKind
from twin.selectors.graphs import EDGE_TYPES, PERSON


class GraphNodeOut(serializers.Serializer[Any]):
    """A node; ``kind`` is that of a space, the category of a device, the key of a view."""

    id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=[*NodeKind.values, PERSON])
    kind = serializers.CharField(allow_null=True)
    name = serializers.CharField()


class GraphEdgeOut(serializers.Serializer[Any]):
    """An edge; ``kind`` is that of a relationship or the role of a member, ``id`` an edge's own."""

    id = serializers.UUIDField(allow_null=True)
    type = serializers.ChoiceField(choices=EDGE_TYPES)
    kind = serializers.CharField(allow_null=True)
    target = serializers.UUIDField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add ``source``, a name that DRF's fields have taken for themselves."""
        return {**super().get_fields(), "source": serializers.UUIDField()}


class GraphOut(serializers.Serializer[Any]):
    """A site as nodes and edges."""

    site = serializers.UUIDField()
    nodes = GraphNodeOut(many=True)
    edges = GraphEdgeOut(many=True)


class LackOut(serializers.Serializer[Any]):
    """Something that Brick and RealEstateCore say otherwise, or not at all."""

    what = serializers.ChoiceField(choices=["kind", "class", "unit", "word", "device"])
    name = serializers.CharField()
    said_as = serializers.CharField()
    because = serializers.CharField()
    count = serializers.IntegerField()


class OntologyReportOut(serializers.Serializer[Any]):
    """What an export says, and what it lacks; ``mapped`` counts nodes by type, and edges."""

    site = serializers.UUIDField()
    brick = serializers.CharField()
    rec = serializers.CharField()
    mapped = serializers.DictField(child=serializers.IntegerField())
    unmapped = LackOut(many=True)


class NamedDeviceOut(serializers.Serializer[Any]):
    """A device that a model tells of; a plan makes none."""

    name = serializers.CharField()
    category = serializers.CharField(allow_null=True)
    space = serializers.CharField(allow_null=True)
    classes = serializers.ListField(child=serializers.CharField())


class ModelReportOut(serializers.Serializer[Any]):
    """What was read of a model, and what was not."""

    mapped = serializers.DictField(child=serializers.IntegerField())
    unmapped = LackOut(many=True)
    devices = NamedDeviceOut(many=True)


class ImportedPlanOut(serializers.Serializer[Any]):
    """The plan that a model leads to, and what of the model is not in it."""

    plan = PlanOut()
    report = ModelReportOut()
