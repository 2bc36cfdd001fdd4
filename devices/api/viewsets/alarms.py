"""``alarm-rules/`` and ``alarms/``: what should never be so, and what is."""

from http import HTTPStatus
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.errors import InvalidInput, ScopeMissing
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from devices import tasks
from devices.alarms.reading import open_values
from devices.alarms.terms import Terms
from devices.alarms.trials import shown_trial, try_rule
from devices.api.alarm_filters import AlarmFilter, AlarmRuleFilter
from devices.api.serializers.alarms import (
    AcknowledgementIn,
    AlarmOut,
    AlarmRuleChangeIn,
    AlarmRuleIn,
    AlarmRuleOut,
    RuleTrialOut,
)
from devices.choices import AlarmScope
from devices.models import Alarm, AlarmRule, Device, Fleet
from devices.services.alarm_life import acknowledge_alarm
from devices.services.alarm_rules import change_rule, create_rule, delete_rule, draft_rule
from devices.services.alarm_watches import devices_of, points_of_rule
from twin.models import Site, Space, View

WATCHED: Final[dict[str, Any]] = {
    AlarmScope.DEVICE: Device,
    AlarmScope.SPACE: Space,
    AlarmScope.VIEW: View,
    AlarmScope.SITE: Site,
    AlarmScope.FLEET: Fleet,
}
# What people watch over at home: places and devices that they operate.
AT_HOME: Final = (Site, Space, Device)


class AlarmRuleViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Rules: conditions on the devices of one place, view or fleet."""

    queryset = AlarmRule.objects.none()
    serializer_class = AlarmRuleOut
    filterset_class = AlarmRuleFilter
    search_fields = ("name",)
    required_scopes: ClassVar = {
        "list": "alarms:read",
        "retrieve": "alarms:read",
        "create": "alarms:write",
        "preview": "alarms:write",
        "partial_update": "alarms:write",
        "destroy": "alarms:write",
    }

    def get_queryset(self) -> QuerySet[AlarmRule]:
        """Return the rules about what the caller sees."""
        return AlarmRule.objects.visible_to(self.principal)

    @extend_schema(request=AlarmRuleIn, responses={201: AlarmRuleOut})
    def create(self, request: Request) -> Response:
        """Make a rule. What is wrong already is raised within seconds.

        Who lives with what it watches over, and may not change that, makes it for themselves:
        nobody else sees the rule or its alarms, and it ends when they move out.
        """
        given = self.read(AlarmRuleIn)
        thing, owner = self.watched_thing(given)
        rule = create_rule(thing, given, owner=owner)
        tasks.start_alarm_rule.delay_on_commit(str(rule.pk))
        return self.answer(rule, HTTPStatus.CREATED)

    @extend_schema(request=AlarmRuleIn, responses=RuleTrialOut)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Say what a rule would raise now, and would have raised in the last seven days.

        Nothing is kept. Readings that are not yours to read are left out; this also needs the
        scope `readings:read`.
        """
        if not self.principal.has_scope("readings:read"):
            raise ScopeMissing(scope="readings:read")
        given = self.read(AlarmRuleIn)
        thing, owner = self.watched_thing(given)
        rule = draft_rule(thing, given, owner=owner)
        visible = Device.objects.visible_to(self.principal)
        points = points_of_rule(rule, visible.filter(pk__in=devices_of(rule).values("pk")))
        now = timezone.now()
        trial = try_rule(Terms.of(rule), points, principal=self.principal, now=now)
        return Response(RuleTrialOut(shown_trial(trial)).data)

    @extend_schema(request=AlarmRuleChangeIn, responses=AlarmRuleOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a rule. But for its name it begins anew: what it raised is over."""
        rule = self.get_object()
        rule = change_rule(rule=rule, changes=self.read_changes(AlarmRuleChangeIn))
        tasks.start_alarm_rule.delay_on_commit(str(rule.pk))
        return self.answer(rule)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a rule; its alarms are over and stay on record."""
        delete_rule(rule=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    def watched_thing(self, given: dict[str, Any]) -> tuple[Any, UUID | None]:
        """Take out of a body what the rule is about, and whose own the rule is.

        It is nobody's own if the caller may change the thing. Raises: RoleMissing, if they neither
        may nor live with it.
        """
        kind, key = WATCHED[given.pop("scope")], given.pop("target")
        thing = kind.objects.visible_to(self.principal).filter(pk=key).first()
        if thing is None:
            noun = kind._meta.verbose_name
            finding = ("#/target", "does_not_exist", f"There is no such {noun} for you.")
            raise InvalidInput([finding])
        if isinstance(thing, AT_HOME) and self._is_at_home(kind.objects.all(), thing):
            return thing, self.principal.user_id
        self.check_object_permissions(self.request, thing)
        return thing, None

    def _is_at_home(self, things: Any, thing: Any) -> bool:
        """Say whether the caller may operate the thing, and not change it."""
        own = things.filter(pk=thing.pk)
        is_operated = own.controllable_by(self.principal).exists()
        return is_operated and not own.changeable_by(self.principal).exists()


class AlarmViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Alarms: what is not as it should be, and what was not."""

    queryset = Alarm.objects.none()
    serializer_class = AlarmOut
    filterset_class = AlarmFilter
    search_fields = ("name",)
    ordering = "-pk"
    required_scopes: ClassVar = {
        "list": "alarms:read",
        "retrieve": "alarms:read",
        "acknowledge": "alarms:write",
    }

    def get_queryset(self) -> QuerySet[Alarm]:
        """Return the visible alarms with what their bodies show."""
        visible: QuerySet[Alarm] = Alarm.objects.visible_to(self.principal)
        return visible.select_related("node", "point__type")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Show the values that the caller may read: they are looked up for a whole page."""
        context = self.get_serializer_context()
        if args:
            alarms = [args[0]] if isinstance(args[0], Alarm) else args[0]
            context["open_values"] = open_values(alarms, principal=self.principal)
        return AlarmOut(*args, **{"context": context, **kwargs})

    @extend_schema(request=AcknowledgementIn, responses=AlarmOut)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, id: str) -> Response:
        """Say that somebody takes care; who said so first stays. An alarm that is over is a 409."""
        alarm, given = self.get_object(), self.read(AcknowledgementIn)
        user = self.principal.user_id
        acknowledge_alarm(alarm=alarm, user_id=user, comment=given["comment"])
        return self.answer(self.get_queryset().get(pk=alarm.pk))
