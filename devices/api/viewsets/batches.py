"""``command-batches/``: one action asked of the devices of a site, space, view or fleet."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import ConsentLimited
from accounts.principals import Principal
from accounts.tenancy import acting_organisation
from config.lib.viewsets import ApiViewSet, RetrieveMixin
from devices import tasks
from devices.api.filters import CommandBatchFilter
from devices.api.serializers.batches import BatchDetailOut, BatchIn, BatchOut, TrialOut
from devices.models import CommandBatch, Device
from devices.services.commands import batches
from devices.services.commands.batches import MAX_TARGETS, BatchPlan
from devices.services.commands.wishes import Asker, Wish
from twin.choices import NodeKind
from twin.models import Space
from twin.selectors.view_contents import contents_of

CONTROL = "devices:control"


class CommandBatchViewSet(RetrieveMixin, ApiViewSet):
    """Batches of commands: tried, started, followed, cancelled."""

    queryset = CommandBatch.objects.none()
    serializer_class = BatchOut
    filterset_class = CommandBatchFilter
    ordering = "-pk"
    required_scopes: ClassVar = dict.fromkeys(("list", "retrieve", "create", "cancel"), CONTROL)

    def get_queryset(self) -> QuerySet[CommandBatch]:
        """Return the batches of the caller's organisations."""
        return CommandBatch.objects.visible_to(self.principal)

    def get_serializer_class(self) -> Any:
        """Show what was skipped where one batch is asked for."""
        return BatchOut if self.action == "list" else BatchDetailOut

    def get_object(self) -> CommandBatch:
        """Return the batch with its progress."""
        batch: CommandBatch = super().get_object()
        batches.count_commands([batch])
        return batch

    def list(self, request: Request) -> Response:
        """List the batches, newest first, each with its progress."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        batches.count_commands(page)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=BatchIn, responses={202: BatchDetailOut, 200: TrialOut})
    def create(self, request: Request) -> Response:
        """Ask many devices for one action, wave after wave; `dry_run` tells what it would do."""
        if self.principal.is_limited:
            raise ConsentLimited()
        given = self.read(BatchIn)
        ((kind, place),) = given["target"].items()
        organisation = acting_organisation(self.principal, place.organisation_id)
        keys = _devices(self.principal, kind, place, chosen=given.get("filter", {}))
        plan = BatchPlan(
            organisation=organisation,
            target={kind: str(place.pk), "filter": given.get("filter", {})},
            wish=Wish(given["action"], given["parameters"], given["expires_in"]),
            wave_size=given["wave_size"],
            stop_at=given["stop_at"],
        )
        if given["dry_run"]:
            return self._tried(keys, plan)
        batch = batches.start_batch(keys, plan=plan, asker=Asker(self.principal))
        batches.count_commands([batch])
        tasks.send_due_commands.delay_on_commit()
        return self.answer(batch, HTTPStatus.ACCEPTED)

    def _tried(self, keys: Sequence[UUID], plan: BatchPlan) -> Response:
        trial = batches.try_batch(keys, plan=plan, asker=Asker(self.principal))
        targets = [command.device_id for command in trial.commands]
        body = {"targets": targets, "skipped": trial.skipped, "total": len(targets)}
        return Response(TrialOut({"dry_run": True, **body}).data)

    @extend_schema(request=None, responses=BatchDetailOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: str) -> Response:
        """Cancel what has not left yet; no further wave starts."""
        batches.cancel_batch(self.get_object())
        return self.answer(self.get_object())


def _devices(principal: Principal, kind: str, place: Any, *, chosen: dict[str, Any]) -> list[UUID]:
    """Return the visible devices there, oldest first, one more than a batch takes at most."""
    rows: QuerySet[Device] = Device.objects.visible_to(principal)
    if kind == "space":
        rows = rows.filter(space__in=Space.objects.within(place).values("pk"))
    elif kind == "view":
        rows = rows.filter(contents_of(place, NodeKind.DEVICE))
    else:
        rows = rows.filter(**{kind: place})
    fields = {"type": "type__key", "category": "type__category", "tags": "tags__contains"}
    rows = rows.filter(**{fields[name]: value for name, value in chosen.items()})
    return list(rows.order_by("pk").values_list("pk", flat=True)[: MAX_TARGETS + 1])
