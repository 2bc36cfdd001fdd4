"""What devices say to the conditions of a rule, and to a relationship that joins categories."""

from collections.abc import Collection
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Q

from devices.models import Device, DeviceType
from twin.definitions.rules import Categories, Inside, Statuses, Tags, Types
from twin.models import Space
from twin.selectors.rule_conditions import Findable, IsAnyOf, Span, inside_places


def categories(keys: Collection[UUID]) -> dict[UUID, str]:
    """Return the category of each device (one query)."""
    return dict(Device.objects.filter(pk__in=keys).values_list("pk", "type__category"))


def _of_types(condition: Q) -> Q:
    """Return the condition of being of one of the types; these are few and looked up first."""
    return Q(type__in=list(DeviceType.objects.filter(condition).values_list("pk", flat=True)))


def _in_spaces(condition: Q) -> Q:
    """Return the condition of standing in one of the spaces; false, not unknown, without any."""
    spaces = Space.objects.filter(condition).values("pk")
    return Q(space__isnull=False) & Q(IsAnyOf(F("space"), ArraySubquery(spaces)))


def _inside(rule: Inside, span: Span) -> Q:
    return inside_places(rule, span, path="space__path", subtree=_in_spaces)


FINDABLE = Findable(
    model=Device,
    scope="devices:read",
    leaves={
        Categories: lambda rule, _: _of_types(Q(category__in=rule.categories)),
        Types: lambda rule, _: _of_types(Q(key__in=rule.types)),
        Statuses: lambda rule, _: Q(status__in=rule.statuses),
        Tags: lambda rule, _: Q(tags__contains=dict(rule.tags)),
        Inside: _inside,
    },
)
