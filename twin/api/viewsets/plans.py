"""``sites/{id}/plans/`` and ``plans/``: what shall become of a site, applied and undone."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import OrganisationRole
from accounts.principals import Principal
from config.lib.errors import RoleMissing
from config.lib.renderers import JSONRenderer
from config.lib.viewsets import ApiViewSet, ListMixin
from twin.api.plan_serializers import PlanIn, PlanOut, PlanSummaryOut
from twin.models import Plan, Site
from twin.planning.changes import CREATE, REMOVE
from twin.planning.text import plan_text
from twin.selectors.story_parts import sees_whole
from twin.services.applying import apply_plan
from twin.services.planning import Wish, make_plan
from twin.services.undoing import undo_plan

OF_ACCESS = ("occupants", "past_occupancies", "grants")


class PlanTextRenderer(BaseRenderer):
    """A plan as plain text, for ``?format=text`` and ``Accept: text/plain``."""

    media_type = "text/plain"
    format = "text"
    charset = "utf-8"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        """Return the text; anything but a text (a problem) as JSON."""
        return data.encode() if isinstance(data, str) else bytes(JSONRenderer().render(data))


class SitePlanViewSet(ListMixin, ApiViewSet):
    """The plans of a site."""

    queryset = Plan.objects.none()
    serializer_class = PlanSummaryOut
    required_scopes: ClassVar = {"list": "sites:read", "create": "sites:write"}

    def site(self) -> Site:
        """Return the site of the path, if it is visible."""
        return get_object_or_404(Site.objects.visible_to(self.principal), pk=self.kwargs["id"])

    def get_queryset(self) -> QuerySet[Plan]:
        """Return the site's plans without their changes."""
        plans = Plan.objects.visible_to(self.principal).filter(site=self.site())
        return with_version(plans).defer("changes", "request", *Plan.HEAVY)

    @extend_schema(request=PlanIn, responses={201: PlanOut})
    def create(self, request: Request, id: str) -> Response:
        """Work out what would be created, moved, renamed, changed, removed and refused."""
        site = self.site()
        self.check_object_permissions(request, site)
        given = self.read(PlanIn)
        given["template"] = given.get("template") or ""
        plan = shown_to(self.principal, make_plan(site, Wish(**given)))
        return Response(PlanOut(plan).data, status=HTTPStatus.CREATED)


class PlanViewSet(ApiViewSet):
    """Single plans: read, applied, undone."""

    queryset = Plan.objects.none()
    serializer_class = PlanOut
    query_parameters: ClassVar = {"retrieve": ("format",)}
    required_scopes: ClassVar = {
        "retrieve": "sites:read",
        "apply": "sites:write",
        "undo": "sites:write",
    }

    def get_renderers(self) -> list[BaseRenderer]:
        """Offer a text to those who read a plan."""
        renderers: list[BaseRenderer] = super().get_renderers()
        return [*renderers, PlanTextRenderer()] if self.action == "retrieve" else renderers

    def get_queryset(self) -> QuerySet[Plan]:
        """Return the visible plans."""
        return with_version(Plan.objects.visible_to(self.principal)).defer(*Plan.HEAVY)

    @extend_schema(responses=PlanOut)
    def retrieve(self, request: Request, id: str) -> HttpResponse:
        """Return a plan with its changes; as a readable text for ``Accept: text/plain``."""
        plan = self.get_object()
        if isinstance(request.accepted_renderer, PlanTextRenderer):
            return Response(text_of(shown_to(self.principal, plan)))
        return self._shown(plan)

    @extend_schema(request=None, responses=PlanOut)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, id: str) -> Response:
        """Do exactly what the plan says, in one transaction; refused if the building moved on."""
        plan = self.get_object()
        self._check_deletion(plan, REMOVE)
        return self._shown(apply_plan(plan, principal=self.principal))

    @extend_schema(request=None, responses=PlanOut)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, id: str) -> Response:
        """Put the building back to what it was, while nothing newer depends on the plan."""
        plan = self.get_object()
        self._check_deletion(plan, CREATE)
        return self._shown(undo_plan(plan, principal=self.principal))

    def _shown(self, plan: Plan) -> Response:
        return self.answer(shown_to(self.principal, plan))

    def _check_deletion(self, plan: Plan, action: str) -> None:
        """Refuse who came by a grant if spaces would go: applying removes, undoing what was made.

        Raises: RoleMissing.
        """
        deletes = any((one["action"], one["noun"]) == (action, "space") for one in plan.changes)
        if (
            deletes
            and not Plan.objects.all().removable_by(self.principal).filter(pk=plan.pk).exists()
        ):
            raise RoleMissing(role=OrganisationRole.OPERATOR.value)


def shown_to(principal: Principal, plan: Plan) -> Plan:
    """Return the plan without how many people have or had access, unless the reader keeps it."""
    if not sees_whole(plan.site, principal):
        for one in plan.changes:
            taken = one.get("takes_with") or {}
            one["takes_with"] = {name: taken[name] for name in taken if name not in OF_ACCESS}
    return plan


def with_version(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    """Add the names of the template versions."""
    version = plans.select_related("template_version__template", "site")
    return version.defer("template_version__definition", "template_version__source")


def text_of(plan: Plan) -> str:
    """Return a plan as a readable text."""
    version = plan.template_version
    aim = f" to {version.reference}" if version else ""
    title = f"Plan for {plan.site.name}{aim} ({plan.state})"
    return plan_text(title=title, changes=plan.changes, summary=plan.summary, notes=plan.notes)
