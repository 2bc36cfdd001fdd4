"""Who may do what, and why: ``access/explain/`` and ``access/who/``."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import OrganisationRole
from accounts.explain import (
    NO_APPLICATION,
    Explainer,
    Subject,
    Verdict,
    explain,
    registry,
)
from accounts.models import Application
from accounts.scopes import SCOPES
from config.lib.errors import InvalidInput
from config.lib.parameters import read_parameters
from config.lib.serializers import StrictSerializer, TextField, TimeField
from config.lib.viewsets import ApiViewSet

NOT_YOURS = (
    "#/subject/application",
    "not-yours",
    "What an application may do for a user is told to that user and to the application's admins.",
)


class SubjectIn(StrictSerializer):
    """A user, an application for itself, or both: the application on the user's behalf."""

    user = serializers.UUIDField(required=False)
    application = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of them at least."""
        if not attrs:
            raise serializers.ValidationError("Name a user, an application, or both.")
        return attrs


class ExplainIn(StrictSerializer):
    """Who, does what (a scope), to which object, and when (now unless stated)."""

    subject = SubjectIn()
    action = TextField(help_text="A scope, such as `devices:read`.")
    object = serializers.UUIDField(help_text="The id of a site, space, view, gateway or device.")
    at = TimeField(required=False)

    def validate_action(self, value: str) -> str:
        """Refuse a word that is no scope."""
        if value not in SCOPES:
            raise serializers.ValidationError("There is no such scope.", code="unknown")
        return value


class PathOut(serializers.Serializer[Any]):
    """How somebody came by a right, and what it lets them do."""

    way = serializers.CharField(help_text="organisation, membership, grant or occupancy.")
    level = serializers.CharField(help_text="name, see, control, change or manage.")
    on = serializers.UUIDField(allow_null=True)
    given_by = serializers.UUIDField(allow_null=True, help_text="The row that says so.")
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)


class MissingOut(serializers.Serializer[Any]):
    """The nearest thing that would have to be given."""

    kind = serializers.CharField()
    what = serializers.CharField()
    on = serializers.UUIDField(allow_null=True)
    detail = serializers.CharField()


class LimitOut(serializers.Serializer[Any]):
    """What leaves less of series than the paths would."""

    by = serializers.CharField(help_text="consent, or policy: that of the site's occupied flats.")
    resolution = serializers.CharField(help_text="The finest that may be read.")
    history_from = serializers.DateTimeField(allow_null=True)
    given_by = serializers.UUIDField(allow_null=True, help_text="The consent, or the site.")
    nodes = serializers.ListField(
        child=serializers.UUIDField(),
        allow_null=True,
        help_text="What the consent is limited to; null: it covers everything.",
    )


class VerdictOut(serializers.Serializer[Any]):
    """Allowed, by these paths and within these limits; or not, and what is missing."""

    allowed = serializers.BooleanField()
    at = serializers.DateTimeField()
    paths = PathOut(many=True)
    missing = MissingOut(many=True)
    limits = LimitOut(many=True)


class WhoQuery(serializers.Serializer[Any]):
    """Which object, and when."""

    node = serializers.UUIDField()
    at = TimeField(required=False)


class PartyOut(serializers.Serializer[Any]):
    """Somebody who sees the object, and through what."""

    user = serializers.UUIDField(allow_null=True)
    application = serializers.UUIDField(allow_null=True)
    organisation = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    email = serializers.CharField()
    path = PathOut()


class PartiesOut(serializers.Serializer[Any]):
    """Everybody who sees the object, one entry for each reason."""

    at = serializers.DateTimeField()
    results = PartyOut(many=True)


class AccessViewSet(ApiViewSet):
    """Questions about access to what you administer; anything else is not found."""

    required_scopes = {"explain": "audit:read", "who": "audit:read"}
    query_parameters = {"who": ("node", "at")}

    def explainer_of(self, thing: UUID, *, at: datetime) -> Explainer:
        """Return who explains the object, if the caller administers it and their consent reaches
        back to that time.
        """
        terms = self.principal.terms
        is_before = terms and terms.history_from and at < terms.history_from
        explainer = None if is_before else registry.administered(self.principal, thing)
        if explainer is None:
            raise Http404
        return explainer

    @extend_schema(request=ExplainIn, responses=VerdictOut)
    def explain(self, request: Request) -> Response:
        """Say whether somebody may do something to an object, by which path, or what is missing."""
        asked = self.read(ExplainIn)
        at: datetime = asked.get("at") or timezone.now()
        explainer = self.explainer_of(asked["object"], at=at)
        subject = self._subject(asked["subject"])
        verdict = explain(
            subject, explainer=explainer, thing=asked["object"], scope=asked["action"], at=at
        )
        if subject.user is None and not verdict.paths and not self._is_own(subject.application):
            # Which applications others have is told by nothing.
            verdict = Verdict(allowed=False, missing=(NO_APPLICATION,))
        return Response(VerdictOut({**asdict(verdict), "at": at}).data)

    @extend_schema(parameters=[WhoQuery], responses=PartiesOut)
    def who(self, request: Request) -> Response:
        """Say who sees an object, and through what."""
        asked = read_parameters(request, WhoQuery)
        at: datetime = asked.get("at") or timezone.now()
        parties = self.explainer_of(asked["node"], at=at).who(asked["node"], at=at)
        return Response(PartiesOut({"at": at, "results": [asdict(one) for one in parties]}).data)

    def _subject(self, given: dict[str, UUID]) -> Subject:
        subject = Subject(given.get("user"), given.get("application"))
        is_about_both = subject.user is not None and subject.application is not None
        is_oneself = subject.user == self.principal.user_id
        if is_about_both and not is_oneself and not self._is_own(subject.application):
            raise InvalidInput([NOT_YOURS])
        return subject

    def _is_own(self, application: UUID | None) -> bool:
        """Say whether the caller administers the application."""
        own = self.principal.organisations(OrganisationRole.ADMIN)
        return Application.objects.filter(
            pk=application or UUID(int=0), organisation__in=own
        ).exists()
