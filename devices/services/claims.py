"""Claim codes: who holds a thing in their hands proves it by its serial and the code beside it."""

from django.utils import timezone

from config.lib import secrets
from config.lib.errors import InvalidInput
from devices.choices import AssetRole
from devices.errors import AssetNotActive, ClaimCodeUsed, ClaimRefused
from devices.models import Asset


def digest_of(code: str) -> str:
    """Return what is kept of a claim code, however it is typed."""
    return secrets.digest(secrets.normalise_code(code))


def spend_code(*, serial: str, claim_code: str, role: AssetRole) -> Asset:
    """Lock the asset that the code belongs to and mark the code as used; needs an open transaction.

    Of two who try at once the second waits, and learns that the code was used.
    Raises: ClaimRefused, whether the code or the serial is wrong; AssetNotActive; ClaimCodeUsed;
    InvalidInput, if the asset was declared for the other role.
    """
    found = Asset.objects.select_for_update().filter(claim_code_digest=digest_of(claim_code))
    asset = found.first()
    # Compared in any case, so that the time does not tell which of the two was wrong.
    is_right = secrets.is_same(asset.serial if asset else "", serial)
    if asset is None or not is_right:
        raise ClaimRefused()
    if not asset.is_usable:
        raise AssetNotActive(asset=str(asset.pk), asset_status=asset.status)
    if asset.claimed_at is not None:
        raise ClaimCodeUsed()
    if asset.role != role:
        finding = ("#/claim_code", "wrong-role", f"The code belongs to a {asset.role}.")
        raise InvalidInput([finding])
    asset.claimed_at = timezone.now()
    asset.save(update_fields=["claimed_at", "updated_at"])
    return asset
