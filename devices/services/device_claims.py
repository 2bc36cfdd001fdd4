"""Claims of devices: who lives somewhere brings a declared device into use there by its label."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q

from accounts.principals import Principal
from config.lib.errors import InvalidInput
from devices.choices import AssetRole
from devices.models import Asset, Device, DeviceType
from devices.services.activation import Activation, activate_device
from devices.services.claims import spend_code
from twin.models import Site, Space


@dataclass(frozen=True, slots=True)
class Claim:
    """What stands on the label, and where the device comes; a space implies its site.

    Without a type the catalogue is searched for the asset's maker and model.
    """

    serial: str
    claim_code: str
    site: Site | None = None
    space: Space | None = None
    type: str = ""
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def claim_device(claim: Claim) -> Device:
    """Bring the device of that serial and claim code into use at the claim's place.

    In a private home it belongs to no organisation; at an organisation's site only what that
    organisation declared can be claimed. That the place may be changed, the caller has checked.
    Raises: as `spend_code` and `activate_device`; InvalidInput, if the catalogue has no such type.
    Source: docs/contract.md, "Claims".
    """
    asset = spend_code(serial=claim.serial, claim_code=claim.claim_code, role=AssetRole.DEVICE)
    site = claim.space.site if claim.space else claim.site
    return activate_device(
        Activation(
            asset=asset,
            type=_type_of(asset, claim.type),
            site=claim.site,
            space=claim.space,
            name=claim.name,
            tags=claim.tags,
            is_private=site is not None and site.organisation_id is None,
        )
    )


def only_home(principal: Principal) -> Site:
    """Return the one private home that the caller may change.

    Raises: InvalidInput, if there is none, or more than one.
    """
    homes = Site.objects.changeable_by(principal).filter(organisation=None)[:2]
    if len(homes) != 1:
        raise InvalidInput([("#/site", "required", "Say where the device comes: site or space.")])
    home: Site = homes[0]
    return home


def _type_of(asset: Asset, key: str) -> DeviceType:
    """Return the named type, else that of the asset's maker and model; its organisation's first.

    Raises: InvalidInput, if there is none.
    """
    usable: list[DeviceType] = list(
        DeviceType.objects.usable_by(asset.organisation_id).filter(
            Q(key=key)
            if key
            else Q(manufacturer__iexact=asset.manufacturer, model__iexact=asset.model)
        )[:1]
    )
    if not usable:
        text = (
            "There is no such device type for you."
            if key
            else "The catalogue does not know the model of this device. Say which type it has."
        )
        raise InvalidInput([("#/type", "does_not_exist" if key else "required", text)])
    return usable[0]
