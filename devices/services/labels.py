"""Labels to print: each with a claim code, which only its issue can show."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from config.lib import secrets
from config.lib.errors import InvalidInput
from devices.choices import AssetStatus
from devices.models import Asset
from devices.services.assets import Declared
from devices.services.claims import digest_of


@transaction.atomic
def issue_claim_codes(*, among: QuerySet[Asset], keys: Sequence[UUID]) -> list[Declared]:
    """Give assets that wait for their first use other claim codes; labels printed before end.

    Two statements, however many. All or none.
    Shape: in the order of the keys, each asset once.
    Raises: InvalidInput, naming each asset that is not ``among`` those of the caller, or is not
    ``declared``: a code for what is in use is issued one by one.
    """
    rows = among.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",))
    found = {asset.pk: asset for asset in rows}
    findings = [
        (f"#/assets/{index}", *_refusal(found.get(key)))
        for index, key in enumerate(keys)
        if key not in found or found[key].status != AssetStatus.DECLARED
    ]
    if findings:
        raise InvalidInput(findings)
    issued = [Declared(found[key], secrets.make_code()) for key in dict.fromkeys(keys)]
    now = timezone.now()
    for asset, code in issued:
        asset.claim_code_digest, asset.claimed_at, asset.updated_at = digest_of(code), None, now
    changed = ["claim_code_digest", "claimed_at", "updated_at"]
    Asset.objects.bulk_update(list(found.values()), changed, batch_size=2_000)
    return issued


def _refusal(asset: Asset | None) -> tuple[str, str]:
    if asset is None:
        return "does_not_exist", "There is no such asset for you."
    return "not-declared", f"The asset is {asset.status}; its label is issued one by one."
