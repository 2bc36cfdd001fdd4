"""The bodies of topology templates."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.lib.serializers import OutSerializer, StrictSerializer
from twin.choices import VersionStatus
from twin.definitions.schema import format_schema
from twin.models import TemplateVersion, TopologyTemplate

EXAMPLE = {
    "format": 1,
    "key": "car-park",
    "name": "Car park",
    "parameters": {"decks": {"schema": {"type": "integer", "minimum": 1}, "default": 2}},
    "kinds": {
        "garage": {"name": "Garage", "root": True, "contains": {"deck": {"min": 1, "max": 9}}},
        "deck": {"name": "Deck"},
    },
    "views": {"decks": {"name": "Decks", "rule": {"kinds": ["deck"]}}},
    "layout": [
        {
            "kind": "garage",
            "name": "{site}",
            "children": [{"kind": "deck", "count": {"parameter": "decks"}, "name": "Deck {deck}"}],
        }
    ],
}


@extend_schema_field(
    {
        "oneOf": [
            {"type": "object", "description": format_schema()["description"], "example": EXAMPLE},
            {"type": "string", "description": "The same as YAML or JSON text."},
        ]
    }
)
class DefinitionField(serializers.Field[Any, Any, Any, Any]):
    """A definition, as an object or as YAML text; its rules are the service's to check."""

    default_error_messages = {"invalid": "Send the definition as an object, or as YAML text."}

    def to_internal_value(self, data: Any) -> Any:
        """Accept an object or a text."""
        if not isinstance(data, dict | str):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        """Return the document."""
        return value


class VersionIn(StrictSerializer):
    """A version to be added: a draft, unless it is to be published at once."""

    definition = DefinitionField()
    status = serializers.ChoiceField(
        choices=VersionStatus.choices, required=False, help_text="Draft or published."
    )


class TemplateIn(VersionIn):
    """A template to be made, with its first version."""

    organisation = serializers.UUIDField(required=False, allow_null=True)


class VersionChangeIn(StrictSerializer):
    """The next status of a version, or a new definition of a draft."""

    status = serializers.ChoiceField(choices=VersionStatus.choices, required=False)
    definition = DefinitionField(required=False)


class VersionOut(OutSerializer):
    """One numbered state of a template, with its whole definition."""

    template = serializers.CharField(source="template.key", read_only=True)
    reference = serializers.CharField(read_only=True)
    definition = DefinitionField(read_only=True)

    class Meta:
        model = TemplateVersion
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "template", "number", "reference", "status", "definition", "source"),
            *("published_at", "deprecated_at", "created_at", "updated_at"),
        )
        read_only_fields = fields


class VersionSummaryOut(serializers.ModelSerializer[TemplateVersion]):
    """Which versions there are."""

    class Meta:
        model = TemplateVersion
        fields = ("number", "status")
        read_only_fields = fields


class TemplateOut(OutSerializer):
    """The framework of a kind of building; without an organisation it ships with Atrium."""

    versions = VersionSummaryOut(many=True, read_only=True)

    class Meta:
        model = TopologyTemplate
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "key", "name", "description", "ontology", "organisation", "versions"),
            *("created_at", "updated_at"),
        )
        read_only_fields = fields
