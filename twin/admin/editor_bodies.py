"""What the building editor sends, checked in form; the services check the rest."""

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from config.lib.errors import InvalidInput
from config.lib.problems import walk
from twin.services.deeds import DEEDS, Deed

Document = dict[str, Any]


class RenameIn(serializers.Serializer[Any]):
    """Another name for a space."""

    space = serializers.UUIDField()
    to = serializers.CharField(max_length=200)


class DescribeIn(serializers.Serializer[Any]):
    """All properties of a space."""

    space = serializers.UUIDField()
    properties = serializers.DictField()


class _PlacedIn(serializers.Serializer[Any]):
    """Where something goes; the class itself has an attribute of that name."""

    def get_fields(self) -> dict[str, Any]:
        """Add the parent."""
        return {**super().get_fields(), "parent": serializers.UUIDField(allow_null=True)}


class MoveIn(_PlacedIn):
    """Where a space goes: into which other (null: the site), before which child (null: last)."""

    space = serializers.UUIDField()
    before = serializers.UUIDField(allow_null=True, default=None)


class AddIn(_PlacedIn):
    """A new space."""

    kind = serializers.CharField(max_length=50)
    called = serializers.CharField(max_length=200)
    before = serializers.UUIDField(allow_null=True, default=None)


class DiscardIn(serializers.Serializer[Any]):
    """A space with nothing in it."""

    space = serializers.UUIDField()


class PutIn(serializers.Serializer[Any]):
    """Where a device goes: a space, the site alone (null), or off the site."""

    thing = serializers.UUIDField()
    space = serializers.UUIDField(allow_null=True)
    off = serializers.BooleanField(default=False)


class MemberIn(serializers.Serializer[Any]):
    """What goes into or out of which view."""

    view = serializers.UUIDField()
    node = serializers.UUIDField()


class RemovalIn(serializers.Serializer[Any]):
    """Which space shall go, and where its devices and people go."""

    space = serializers.UUIDField()
    move_to = serializers.UUIDField(allow_null=True, default=None)


class MergeIn(serializers.Serializer[Any]):
    """Which space goes up in which other."""

    space = serializers.UUIDField()
    into = serializers.UUIDField()


class SplitIn(serializers.Serializer[Any]):
    """Which children of a space go to a new one behind it, and its name."""

    space = serializers.UUIDField()
    name = serializers.CharField(max_length=200)
    children = serializers.ListField(child=serializers.UUIDField(), default=list, max_length=1000)


class SpareQuery(serializers.Serializer[Any]):
    """Which devices are looked for."""

    q = serializers.CharField(default="", allow_blank=True, max_length=100)
    category = serializers.ListField(child=serializers.CharField(), default=list)
    type = serializers.ListField(child=serializers.CharField(), default=list)


class _SeenIn(serializers.Serializer[Any]):
    """Which state the editor saw, and what it does."""

    seen = serializers.UUIDField()
    deed = serializers.ChoiceField(choices=sorted(DEEDS))


BODIES: dict[str, type[serializers.Serializer[Any]]] = {
    "rename": RenameIn,
    "describe": DescribeIn,
    "move": MoveIn,
    "add": AddIn,
    "discard": DiscardIn,
    "put": PutIn,
    "join": MemberIn,
    "leave": MemberIn,
}


def read_deed(request: HttpRequest) -> tuple[Deed, UUID]:
    """Return the deed in the body, and the state of the site that its author saw.

    Raises: InvalidInput, pointing at what is wrong with the form.
    """
    body = _document(request)
    head = _checked(_SeenIn, body)
    given = _checked(BODIES[head["deed"]], body)
    return DEEDS[head["deed"]](**given), head["seen"]


def read_removal(request: HttpRequest) -> Document:
    """Return the removal in the body. Raises: InvalidInput."""
    return _checked(RemovalIn, _document(request))


def read_merge(request: HttpRequest) -> Document:
    """Return the merge in the body. Raises: InvalidInput."""
    return _checked(MergeIn, _document(request))


def read_split(request: HttpRequest) -> Document:
    """Return the split in the body. Raises: InvalidInput."""
    return _checked(SplitIn, _document(request))


def read_search(request: HttpRequest) -> Document:
    """Return the search in the query. Raises: InvalidInput."""
    query = request.GET
    given = {"category": query.getlist("category"), "type": query.getlist("type")}
    return _checked(SpareQuery, {**given, "q": query.get("q", "")})


def _document(request: HttpRequest) -> Document:
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput([("#", "parse", "Send a JSON object.")]) from error
    if not isinstance(body, dict):
        raise InvalidInput([("#", "invalid", "Send a JSON object.")])
    return body


def _checked(form: type[serializers.Serializer[Any]], body: Document) -> Document:
    given = form(data=body)
    try:
        given.is_valid(raise_exception=True)
    except ValidationError as error:
        raise InvalidInput(walk(error.detail)) from error
    return dict(given.validated_data)
