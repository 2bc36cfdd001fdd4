"""Gateways: bring them into use, rename and move them, take them away."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from devices.choices import AssetRole, AssetStatus
from devices.models import Asset, Device, Gateway
from devices.services.activation import claim_asset
from devices.services.credentials import end_credentials
from devices.services.placements import set_place, settle
from devices.signals import gateway_created, gateway_deleted, gateway_updated
from twin.choices import NodeKind
from twin.models import Node, Site, Space


@transaction.atomic
def create_gateway(
    *, asset: Asset, name: str = "", site: Site | None = None, space: Space | None = None
) -> Gateway:
    """Bring a declared asset into use as a gateway, without credentials of its own.

    Raises: AssetNotActive, AssetInUse, InvalidInput (a place or asset that does not fit).
    """
    asset = claim_asset(asset, role=AssetRole.GATEWAY)
    site = settle(site=site, space=space, organisation_id=asset.organisation_id)
    gateway = Gateway(
        node=Node(kind=NodeKind.GATEWAY, organisation_id=asset.organisation_id, site=site),
        organisation_id=asset.organisation_id,
        asset=asset,
        site=site,
        space=space,
        name=name or asset.serial,
    )
    gateway.node.save(force_insert=True)
    gateway.save(force_insert=True)
    gateway_created.send(sender=Gateway, gateways=[gateway])
    return gateway


@transaction.atomic
def update_gateway(*, gateway: Gateway, changes: Mapping[str, Any]) -> Gateway:
    """Rename or move the gateway; what is not named stays.

    Raises: InvalidInput, if the space is not at the site or the site is another tenant's.
    """
    gateway = Gateway.objects.select_for_update().get(pk=gateway.pk)
    gateway.name = changes.get("name", gateway.name)
    if {"site", "space"} & set(changes):
        space = changes.get("space", None if "site" in changes else gateway.space)
        site = changes.get("site", None if space is not None else gateway.site)
        site = settle(site=site, space=space, organisation_id=gateway.organisation_id)
        set_place(gateway, site=site, space=space)
    gateway.save(update_fields=["name", "site", "space", "updated_at"])
    gateway_updated.send(sender=Gateway, gateways=[gateway], fields=sorted(changes))
    return gateway


@transaction.atomic
def delete_gateway(*, gateway: Gateway) -> None:
    """Delete the gateway with its credentials; its devices stay, and its asset may be activated
    again.
    """
    gateway = Gateway.objects.select_for_update().get(pk=gateway.pk)
    now = timezone.now()
    Device.objects.filter(gateway=gateway).update(gateway=None, updated_at=now)
    end_credentials([gateway])
    gateway_deleted.send(sender=Gateway, gateways=[gateway])
    Node.objects.filter(pk=gateway.pk).delete()
    Asset.objects.filter(pk=gateway.asset_id, status=AssetStatus.ACTIVE).update(
        status=AssetStatus.DECLARED, updated_at=now
    )
