"""The public catalogue: the shipped device types, and never one of an organisation."""

from functools import reduce
from operator import or_

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from devices.models import DeviceType, PointType
from devices.pages.words import CATEGORIES, category_name

SEARCHED = ("name", "key", "manufacturer", "model", "category", "description")
MOST_WORDS = 8


def published_types() -> QuerySet[DeviceType]:
    """Return the types that everybody may read about: those that ship with the platform."""
    return DeviceType.objects.filter(organisation=None)


def found_types(*, words: str = "", category: str = "") -> QuerySet[DeviceType]:
    """Return the published types with how many points and actions each has; by name, one query.

    Each of the words is in a text of the type, in the name of its category as the page says it, or
    in one of its points.
    """
    found = published_types()
    if category:
        found = found.filter(category=category)
    for word in words.split()[:MOST_WORDS]:
        found = found.filter(_says(word))
    counts = {name: Count(name, distinct=True) for name in ("points", "actions")}
    return found.annotate(**{f"{name}_count": count for name, count in counts.items()}).order_by(
        "name", "key"
    )


def _says(word: str) -> Q:
    named = [key for key in CATEGORIES if word.casefold() in category_name(key).casefold()]
    points = PointType.objects.filter(device_type=OuterRef("pk"))
    of_point = points.filter(Q(name__icontains=word) | Q(key__icontains=word))
    texts = [Q(**{f"{name}__icontains": word}) for name in SEARCHED]
    return reduce(or_, texts, Q(category__in=named)) | Q(Exists(of_point))
